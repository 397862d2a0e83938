// Two phases: a generation lies on every machine before the first one loads it.
import { describe, expect, it } from 'vitest';
import type { Intent } from '../../src/rollover/model.ts';
import type { TargetIntent, TargetMemory } from '../../src/rollover/targets.ts';
import type { Plan } from '../../src/rollover/decision.ts';
import { plan } from '../../src/rollover/plan/plan.ts';
import { A, NOW, chain, factsOf, generation, intent, record, seen, swept } from './world.ts';

const DAY = 86_400;
const B = chain('B', { notAfter: NOW + 90 * DAY });
const ELSEWHERE: readonly TargetIntent[] = ['mx1', 'mx2', 'mx3'].map((id) => ({
  ...{ id, label: `ssh ${id}` },
  isElsewhere: true as const,
}));

interface Scene {
  readonly memory?: Readonly<Record<string, Partial<TargetMemory>>>;
  readonly wanted?: Partial<Intent>;
  readonly now?: number;
  /** Whether the records of the staged chain are in every cache. */
  readonly isCached?: boolean;
  readonly hasLive?: boolean;
}

function planned({
  memory = {},
  wanted = {},
  now = NOW,
  isCached = true,
  hasLive = true,
}: Scene): Plan {
  const records = [record('3 1 1', A), record('3 1 1', B)];
  const before = swept(undefined, NOW - 9000, [{ records: [record('3 1 1', A)] }]);
  const owner = swept(before, isCached ? NOW - 8000 : NOW - 1, [{ records, serial: 2 }]);
  const live = generation(1, 'live', A);
  const generations = [...(hasLive ? [live] : []), generation(2, 'issued', B)];
  const service = seen(NOW, hasLive ? { '1': A } : {});
  const all = factsOf({ owner, service, ours: records, generations });
  const took = hasLive ? { took: 1 } : {};
  const targets = Object.fromEntries(
    ELSEWHERE.map(({ id, label }) => [id, { label, ...took, ...memory[id] }]),
  );
  const facts = { ...all, lineage: { ...all.lineage, targets } };
  return plan(intent({}, { targets: ELSEWHERE, ...wanted }), facts, Infinity, now);
}

const sent = { sent: { generation: 2 } };
const failing = (count: number, last: number, person = false) => ({
  sent: {
    generation: 2,
    failing: { attempts: { count, last }, since: last, because: 'no route to host', person },
  },
});

describe('a generation is sent to all machines before one of them loads it', () => {
  it('at once, and only to those that do not have it', () => {
    expect(planned({})).toMatchObject({ step: { kind: 'send', targets: ['mx1', 'mx2', 'mx3'] } });
    const some = planned({ memory: { mx1: sent, mx3: sent } });
    expect(some).toMatchObject({ step: { kind: 'send', labels: ['ssh mx2'] } });
  });

  it('while caches are waited for already', () => {
    expect(planned({ isCached: false })).toMatchObject({ step: { kind: 'send' } });
    const all = { mx1: sent, mx2: sent, mx3: sent };
    expect(planned({ memory: all, isCached: false })).toMatchObject({ kind: 'wait' });
  });

  it('and deployed when all have it', () => {
    const all = { mx1: sent, mx2: sent, mx3: sent };
    expect(planned({ memory: all })).toMatchObject({ step: { kind: 'deploy', generation: 2 } });
  });

  it('an older generation that was sent does not count', () => {
    const old = { mx1: { sent: { generation: 1 } }, mx2: sent, mx3: sent };
    expect(planned({ memory: old })).toMatchObject({ step: { kind: 'send', targets: ['mx1'] } });
  });

  it('a machine that is down holds up the deployment, is tried again, and is named', () => {
    const memory = { mx1: sent, mx2: failing(1, NOW - 10), mx3: sent };
    const held = planned({ memory });
    expect(held).toMatchObject({ kind: 'wait', until: NOW + 50, known: true });
    expect(held.reasons[0]).toMatchObject({ rule: 'sent-everywhere', needs: 'time' });
    expect(held.reasons[0]?.because).toBe(
      'ssh mx2 does not have generation 2 yet: no route to host',
    );
    expect(planned({ memory, now: NOW + 50 })).toMatchObject({
      step: { kind: 'send', targets: ['mx2'] },
    });
  });

  it('one that needs a person is reported as such', () => {
    const memory = { mx1: sent, mx2: failing(1, NOW - 10, true), mx3: sent };
    expect(planned({ memory })).toMatchObject({ kind: 'blocked', person: true });
    // Not only when caches allow the deployment.
    const early = planned({ memory, isCached: false });
    expect(early).toMatchObject({ kind: 'blocked', person: true });
    const enough = planned({ memory, isCached: false, wanted: { quorum: 2 } });
    expect(enough).toMatchObject({ kind: 'wait' });
  });

  it('quorum: so many are enough', () => {
    const memory = { mx1: sent, mx2: failing(1, NOW - 10), mx3: sent };
    const two = planned({ memory, wanted: { quorum: 2 } });
    expect(two).toMatchObject({ step: { kind: 'deploy' } });
    expect(two.reasons.map(({ rule }) => rule)).toContain('sent-everywhere');
    expect(planned({ memory, wanted: { quorum: 3 } })).toMatchObject({ kind: 'wait' });
  });

  it('a live certificate that ends soon is not held up by one machine', () => {
    const { notBefore, notAfter } = A.certificates[0] ?? { notBefore: 0, notAfter: 0 };
    const sixth = notAfter - (notAfter - notBefore) / 6;
    const at = (now: number): Plan =>
      planned({ memory: { mx1: sent, mx2: failing(20, now - 1), mx3: sent }, now });
    expect(at(sixth - DAY)).toMatchObject({ kind: 'wait' });
    expect(at(sixth + DAY)).toMatchObject({ step: { kind: 'deploy' } });
  });

  it('nothing holds up the first deployment', () => {
    const memory = { mx1: sent, mx2: failing(1, NOW - 10), mx3: sent };
    expect(planned({ memory, hasLive: false })).not.toMatchObject({ kind: 'wait', known: true });
  });

  it('targets on this machine are never sent anything', () => {
    const here = ELSEWHERE.map(({ id, label }) => ({ id, label }));
    expect(planned({ wanted: { targets: here } })).toMatchObject({ step: { kind: 'deploy' } });
  });
});
