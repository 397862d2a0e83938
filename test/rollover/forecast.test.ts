// The next steps by the laws: the stages with their times.
import { describe, expect, it } from 'vitest';
import { forecast } from '../../src/rollover/forecast/forecast.ts';
import type { Stage } from '../../src/rollover/forecast/forecast.ts';
import { plan } from '../../src/rollover/plan/plan.ts';
import type { Facts } from '../../src/rollover/law/facts.ts';
import type { Intent } from '../../src/rollover/model.ts';
import {
  A,
  DAY,
  HOUR,
  NOW,
  OWNER,
  factsOf,
  generation,
  intent,
  record,
  seen,
  swept,
} from './world.ts';

function ahead(wanted: Intent, facts: Facts, renewAt = Infinity): readonly Stage[] {
  return forecast(plan(wanted, facts, renewAt, NOW), wanted, facts, NOW);
}

/** "publish +1d": what and when. */
const outline = (stages: readonly Stage[]): string[] =>
  stages.map(({ stage, at }) => `${stage} +${(at - NOW) / HOUR}h`);

describe('K35: the steps that a dry run prints', () => {
  const policy = {
    ttl: HOUR,
    margin: 0,
    assumedTtl: DAY,
    cacheFloor: HOUR,
    records: ['3 1 1', '2 1 1'],
  };

  it('of a first certificate are the order, the records, the wait of the first sweep, the deployment and the end', () => {
    const owner = swept(undefined, NOW, [{ records: [], ttl: 900 }], { ...policy, ttlFactor: 2 });
    const service = seen(NOW, { '192.0.2.1': A });
    const stages = ahead(intent(policy), factsOf({ owner, service, placed: [A] }));
    expect(outline(stages)).toEqual([
      'key +0h',
      'order +0h',
      'publish +0h',
      'wait +0h',
      'deploy +24h',
      'prove +24h',
      'publish +24h',
      'wait +24h',
      'withdraw +26h',
      'rest +26h',
    ]);
    expect(stages[2]).toMatchObject({
      owner: OWNER,
      ttl: HOUR,
      add: expect.arrayContaining(['3 1 1 (the digest of the key of generation 1)']) as unknown,
      remove: [],
    });
    expect(stages[6]).toMatchObject({
      add: ['2 1 1 (the digest of the CA certificate of generation 1)'],
    });
  });

  it('of a renewal wait as long as the present records may be cached, and keep the CA certificates that the CA will most likely send', () => {
    const records = [record('3 1 1', A), record('2 1 1', A)];
    const owner = swept(undefined, NOW, [{ records, ttl: HOUR }], {
      ...policy,
      assumedTtl: 0,
      ttlFactor: 2,
    });
    const service = seen(NOW, { '192.0.2.1': A });
    const scene = { owner, service, ours: records, generations: [generation(1, 'live', A)] };
    const wanted = intent({ ...policy, assumedTtl: 0 }, { renewBefore: 30 * DAY });
    const stages = ahead(wanted, factsOf({ ...scene, placed: [A] }), NOW - 1);
    expect(outline(stages).slice(0, 6)).toEqual([
      'key +0h',
      'order +0h',
      'publish +0h',
      'wait +0h',
      'deploy +2h',
      'prove +2h',
    ]);
    expect(stages[2]).toMatchObject({ add: ['3 1 1 (the digest of the key of generation 2)'] });
    const last = stages.find(({ stage }) => stage === 'withdraw');
    expect(last).toMatchObject({ remove: [expect.stringMatching(/^3 1 1 [0-9a-f]{64}$/)] });
    expect(stages.at(-1)).toMatchObject({ stage: 'rest' });
  });

  it('end where it is not known how the rollover continues', () => {
    const owner = swept(undefined, NOW, [{ records: [] }, 'silent']);
    const service = seen(NOW, { '192.0.2.1': A });
    const stages = ahead(intent(), factsOf({ owner, service }));
    expect(stages.at(-1)).toMatchObject({ stage: 'open', person: false });
  });

  it('of an idle certificate are its idle time', () => {
    const records = [record('3 1 1', A)];
    const owner = swept(undefined, NOW - 20 * DAY, [{ records }]);
    const now = swept(owner, NOW, [{ records }]);
    const service = seen(NOW, { '192.0.2.1': A });
    const scene = { owner: now, service, ours: records, generations: [generation(1, 'live', A)] };
    const stages = ahead(intent(), factsOf(scene), NOW + 20 * DAY);
    expect(stages).toEqual([{ stage: 'rest', at: NOW, until: NOW + 20 * DAY }]);
  });
});
