// What did not happen within its usual time: a wait until then, and a person from then on.
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/rollover/decision.ts';
import { needsPerson } from '../../src/rollover/decision.ts';
import type { OwnerHistory } from '../../src/rollover/record/owner-history.ts';
import { plan } from '../../src/rollover/plan/plan.ts';
import { newestVersion } from '../../src/rollover/record/versions.ts';
import { beginWrite } from '../../src/rollover/record/pending-writes.ts';
import type { Answer } from './world.ts';
import {
  A,
  DAY,
  HOUR,
  NOW,
  chain,
  factsOf,
  generation,
  intent,
  record,
  seen,
  swept,
} from './world.ts';

const B = chain('B', { notAfter: NOW + 90 * DAY });
const OLD = [record('3 1 1', A)];
const BOTH = [...OLD, record('3 1 1', B)];

/** Zone that is signed all the time: its serial moves without our writes. */
const shows = (records: readonly string[], serial = 1): Answer => ({ records, serial });

function written(history: OwnerHistory, at: number, content: readonly string[] = BOTH) {
  const from = newestVersion(history);
  if (from === undefined) throw new Error('nothing is served');
  return beginWrite(history, { from, to: { content, ttl: 60 } }, at);
}

function staged(owner: OwnerHistory, at: number): Plan {
  const generations = [generation(1, 'live', A), generation(2, 'issued', B)];
  const service = seen(at, { '1': A }, seen(at - 100, { '1': A }));
  return plan(intent(), factsOf({ owner, ours: BOTH, service, generations }), Infinity, at);
}

const words = (next: Plan): string => JSON.stringify(next);

describe('K43: a write that no name server ever serves', () => {
  const before = swept(undefined, NOW - DAY, [shows(OLD)]);

  it('is waited for at first, sent again with pauses, and needs a person after an hour', () => {
    const first = swept(written(before, NOW), NOW + 2, [shows(OLD)]);
    expect(staged(first, NOW + 2)).toMatchObject({ kind: 'wait' });
    expect(staged(first, NOW + 60)).toMatchObject({ kind: 'step', step: { kind: 'publish' } });
    const again = swept(written(first, NOW + HOUR), NOW + HOUR + 40, [shows(OLD)]);
    // What was sent a moment ago may be served soon.
    expect(staged(again, NOW + HOUR + 10)).toMatchObject({ kind: 'wait' });
    const late = staged(again, NOW + HOUR + 40);
    expect(late).toMatchObject({ kind: 'blocked', person: true });
    expect(words(late)).toMatch(/first sent at .*no name server serves it.*holger providers test/);
  });

  it('also where the serial moves meanwhile, so that each write is over before the next', () => {
    let owner = before;
    for (let hour = 0; hour < 3; hour += 1) {
      const at = NOW + hour * HOUR;
      owner = swept(written(owner, at), at + 40, [shows(OLD, hour + 2)]);
      expect(owner.writes).toEqual([]);
    }
    const at = NOW + 3 * HOUR;
    const next = staged(swept(written(owner, at), at + 40, [shows(OLD, 4)]), at + 40);
    expect(next).toMatchObject({ kind: 'blocked', person: true });
  });

  it('is no longer recorded as soon as it is served', () => {
    const vain = swept(written(before, NOW), NOW + 40, [shows(OLD, 2)]);
    expect(vain.vain).toHaveLength(1);
    const made = swept(written(vain, NOW + 60), NOW + 100, [shows(BOTH, 3)]);
    expect(made.vain).toBeUndefined();
  });
});

describe('K43: a change that some name servers do not serve', () => {
  const both = swept(undefined, NOW - DAY, [shows(OLD), shows(OLD)]);
  const lagging = (at: number) => swept(written(both, NOW), at, [shows(BOTH, 2), shows(OLD, 1)]);

  it('waits for as long as a refresh may take, then needs a person', () => {
    expect(staged(lagging(NOW + 5 * HOUR), NOW + 5 * HOUR)).toMatchObject({ kind: 'wait' });
    const late = staged(lagging(NOW + DAY), NOW + DAY);
    expect(late).toMatchObject({ kind: 'blocked', person: true });
    expect(words(late)).toMatch(/check that ns1.example.org. 192.0.2.54 transfers the zone/);
  });

  it('a withdrawal likewise, while idle', () => {
    const idle = (at: number): Plan => {
      const start = swept(undefined, NOW - DAY, [shows(BOTH), shows(BOTH)]);
      const owner = swept(written(start, NOW, [record('3 1 1', B)]), at, [
        shows([record('3 1 1', B)], 2),
        shows(BOTH, 1),
      ]);
      const live = generation(2, 'live', B);
      const service = seen(at, { '1': B }, seen(at - 100, { '1': B }));
      const facts = factsOf({ owner, ours: BOTH, service, generations: [live] });
      return plan(intent(), facts, Infinity, at);
    };
    expect(idle(NOW + HOUR)).toMatchObject({ kind: 'wait' });
    expect(idle(NOW + DAY)).toMatchObject({ kind: 'blocked', person: true });
  });

  it('one that is silent needs a person after an hour, and the hint names forget', () => {
    const silentSince = swept(written(both, NOW), NOW + 60, [shows(BOTH, 2), 'silent']);
    const early = swept(silentSince, NOW + 120, [shows(BOTH, 2), 'silent']);
    expect(staged(early, NOW + 120)).toMatchObject({ kind: 'wait' });
    const later = NOW + 60 + HOUR;
    const late = staged(swept(early, later, [shows(BOTH, 2), 'silent']), later);
    expect(late).toMatchObject({ kind: 'blocked', person: true });
    const back = swept(early, NOW + 180, [shows(BOTH, 2), shows(BOTH, 2)]);
    expect(back.addresses['192.0.2.54']?.failingSince).toBeUndefined();
  });

  it('so does a zone whose up-to-date servers are all silent', () => {
    const ahead = swept(both, NOW, [shows(OLD, 2), shows(OLD, 1)]);
    const at = NOW + 60;
    const gone = swept(ahead, at, ['silent', shows(OLD, 1)]);
    expect(needsPerson(staged(gone, at).reasons)).toBe(false);
    const later = staged(swept(gone, at + HOUR, ['silent', shows(OLD, 1)]), at + HOUR);
    expect(later).toMatchObject({ kind: 'blocked', person: true });
  });
});

describe('K43: services that were never seen with the new chain', () => {
  const { provenAt: _not, ...deployed } = generation(2, 'live', B, { deployedAt: NOW - 2 * HOUR });
  const owner = swept(undefined, NOW - DAY, [shows(BOTH)]);
  const proving = (silentFrom: number): Plan => {
    const before = seen(NOW - 3 * HOUR, { '1': A });
    const silent = seen(NOW, { '1': 'silent' }, seen(silentFrom, { '1': 'silent' }, before));
    const facts = factsOf({ owner, ours: BOTH, service: silent, generations: [deployed] });
    return plan(intent(), facts, Infinity, NOW);
  };

  it('an endpoint that does not answer needs a person after an hour', () => {
    expect(proving(NOW - 600)).toMatchObject({ kind: 'wait' });
    const late = proving(NOW - HOUR);
    expect(late).toMatchObject({ kind: 'blocked', person: true });
    expect(words(late)).toContain('reachable = false');
  });

  it('so does a host without an address, before a deployment', () => {
    const generations = [generation(1, 'live', A), generation(2, 'issued', B)];
    const published = swept(owner, NOW, [shows(BOTH)]);
    const at = (unnamedSince: number): Plan => {
      const service = { ...seen(NOW, {}), unnamedSince };
      const facts = factsOf({ owner: published, ours: BOTH, service, generations });
      return plan(intent(), facts, Infinity, NOW);
    };
    expect(needsPerson(at(NOW - 600).reasons)).toBe(false);
    expect(at(NOW - HOUR)).toMatchObject({ kind: 'blocked', person: true });
    expect(words(at(NOW - HOUR))).toContain('A or AAAA record');
  });
});

it('K43: a foreign chain beside a planned wait keeps the wait, and needs a person', () => {
  const live = generation(2, 'live', B, { deployedAt: NOW - DAY, provenAt: NOW - HOUR });
  const owner = swept(undefined, NOW - DAY, [shows(BOTH)]);
  // Of the same key, so that no client is refused.
  const foreign = chain('renewed elsewhere', { key: 'B' });
  const service = seen(NOW, { '1': foreign }, seen(NOW - 1800, { '1': foreign }));
  const reloads = { count: 9, last: NOW - 60 };
  const generations = [generation(1, 'retired', A), { ...live, reloads }];
  const facts = factsOf({ owner, ours: BOTH, service, generations });
  const policy = { rollback: DAY };
  const next = plan(intent(policy), facts, Infinity, NOW);
  expect(next).toMatchObject({ kind: 'wait', known: true });
  expect(needsPerson(next.reasons)).toBe(true);
  expect(words(next)).toContain('another client may renew it');
});
