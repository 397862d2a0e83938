// Operations, as the planner reads them: they change what is wanted, never what is lawful.
import { describe, expect, it } from 'vitest';
import type { RdataHex } from '../../src/dns/rrset.ts';
import { rdataSet } from '../../src/dns/rrset.ts';
import type { Facts } from '../../src/rollover/law/facts.ts';
import type { Generation, Orders } from '../../src/rollover/model.ts';
import { plan } from '../../src/rollover/plan/plan.ts';
import { forgetEndpoint } from '../../src/rollover/record/service-history.ts';
import { adoptRecords, forgetAddress } from '../../src/rollover/record/versions.ts';
import { recordsOf } from '../../src/rollover/plan/records/desired-records.ts';
import {
  A,
  B,
  DAY,
  NOW,
  OWNER,
  chain,
  factsOf,
  generation,
  intent,
  ofA,
  ofB,
  record,
  seen,
  swept,
} from './world.ts';

const STRANGER = chain('stranger', { ca: 'elsewhere' });

function scene(
  records: readonly RdataHex[],
  orders: Orders,
  generations: readonly Generation[],
  ours = records,
): Facts {
  const owner = swept(undefined, NOW, [{ records }]);
  const live = generations.findLast(({ state }) => state === 'live')?.chain ?? A;
  const facts = factsOf({
    owner,
    service: seen(NOW, { '1': live }),
    ours: rdataSet(ours),
    generations,
  });
  return { ...facts, lineage: { ...facts.lineage, orders } };
}

describe('off', () => {
  const off: Orders = { offSince: NOW };
  const live = [generation(1, 'live', A)];

  it('withdraws the last record too, and keeps the certificate until no cache holds it', () => {
    expect(plan(intent(), scene([ofA], off, live), Infinity, NOW)).toMatchObject({
      step: { kind: 'publish', edit: { add: [], remove: [ofA] } },
    });
    const facts = scene([ofA], off, live);
    const before = facts.owners[OWNER];
    const gone = {
      ...facts,
      owners: { [OWNER]: { ...swept(before, NOW, [{ records: [], serial: 2 }]), ours: [] } },
    };
    const until = NOW + 125;
    expect(plan(intent(), gone, Infinity, NOW)).toMatchObject({ kind: 'wait', until, known: true });
    expect(plan(intent(), gone, Infinity, until)).toMatchObject({ kind: 'done' });
  });
  it('renews without records; the chain waits only for what caches still hold', () => {
    const staged = [...live, generation(2, 'issued', B)];
    expect(plan(intent(), scene([], off, staged), Infinity, NOW)).toMatchObject({
      step: { kind: 'deploy', generation: 2 },
    });
  });
  it('beside a foreign record nothing is withdrawn, and the reason says so', () => {
    const foreign = record('3 0 1', A);
    const facts = scene([foreign, ofA], off, live, [ofA]);
    expect(plan(intent(), facts, Infinity, NOW)).toMatchObject({
      kind: 'done',
      reasons: [{ rule: 'foreign-records-stay' }],
    });
  });
});

describe('emergency', () => {
  const stolen: Generation = { ...generation(1, 'live', A), compromised: true };
  const keep: Orders = { emergency: { since: NOW, records: 'keep' } };
  const withdraw: Orders = { emergency: { since: NOW, records: 'withdraw' } };

  it.each(['staged', 'prepublished', 'reuse-key'] as const)(
    'replaces the key at once, never by itself: %s',
    (strategy) => {
      const next = plan(intent({}, { strategy }), scene([ofA], keep, [stolen]), Infinity, NOW);
      expect(next).toEqual({
        kind: 'step',
        step: { kind: 'create-key', generation: 2 },
        reasons: [],
      });
    },
  );
  it('uses the key that was made ahead, whose record is published already', () => {
    const { chain: _none, ...key } = generation(2, 'key', B);
    const wanted = intent({}, { strategy: 'prepublished' });
    const facts = scene([ofA, ofB], keep, [stolen, { ...key, ahead: true }]);
    expect(plan(wanted, facts, Infinity, NOW)).toMatchObject({
      step: { kind: 'obtain', generation: 2 },
    });
  });
  it('a staged chain with the same key is given up', () => {
    const staged: Generation = {
      ...generation(2, 'issued', chain('A2', { key: 'A' })),
      compromised: true,
    };
    const next = plan(intent(), scene([ofA], keep, [stolen, staged]), Infinity, NOW);
    expect(next).toEqual({
      kind: 'step',
      step: { kind: 'create-key', generation: 3 },
      reasons: [],
    });
  });
  it('withdraws the old record as soon as the new key is proven, without time for a rollback', () => {
    const retired: Generation = { ...generation(1, 'retired', A), compromised: true };
    const live = generation(2, 'live', B, { provenAt: NOW });
    const facts = scene([ofA, ofB], {}, [retired, live]);
    expect(plan(intent({ rollback: DAY }), facts, Infinity, NOW)).toMatchObject({
      step: { kind: 'publish', edit: { remove: [ofA] } },
    });
  });
  it('withdraw: first of all the records are withdrawn, and the new one is published with the new key only', () => {
    const staged = generation(2, 'issued', B);
    expect(plan(intent(), scene([ofA], withdraw, [stolen]), Infinity, NOW)).toMatchObject({
      step: { kind: 'publish', edit: { add: [], remove: [ofA] } },
    });
    expect(plan(intent(), scene([ofA], withdraw, [stolen, staged]), Infinity, NOW)).toMatchObject({
      step: { kind: 'publish', edit: { add: [], remove: [ofA] } },
    });
    expect(plan(intent(), scene([], withdraw, [stolen, staged]), Infinity, NOW)).toMatchObject({
      step: { kind: 'deploy', generation: 2 },
    });
    const proven = scene([], {}, [generation(1, 'retired', A), generation(2, 'live', B)]);
    expect(plan(intent(), proven, Infinity, NOW)).toMatchObject({
      step: { kind: 'publish', edit: { add: [ofB] } },
    });
  });
});

describe('rollback', () => {
  const again: Generation = { ...generation(3, 'issued', A), rollbackOf: 1 };
  const lineage = [generation(1, 'retired', A), generation(2, 'live', B), again];

  it('is made by the same laws as every chain: its record first, then the wait', () => {
    expect(plan(intent(), scene([ofA, ofB], {}, lineage), Infinity, NOW)).toMatchObject({
      step: { kind: 'deploy', generation: 3 },
    });
    expect(plan(intent(), scene([ofB], {}, lineage), Infinity, NOW)).toMatchObject({
      step: { kind: 'publish', edit: { add: [ofA] } },
    });
  });
  it('is not ordered again for a configuration that has changed, before or after', () => {
    const changed = intent({}, { domains: ['mx.example.org', 'other.example.org'] });
    expect(plan(changed, scene([ofA, ofB], {}, lineage), Infinity, NOW)).toMatchObject({
      step: { kind: 'deploy', generation: 3 },
    });
    const live = [generation(2, 'retired', B), { ...generation(3, 'live', A), rollbackOf: 1 }];
    expect(plan(changed, scene([ofA], {}, live), Infinity, NOW)).toMatchObject({ kind: 'done' });
  });
});

describe('forget and adopt', () => {
  it('a name server that is down permanently: what only it may serve does not count, until it answers again', () => {
    const both = swept(undefined, NOW - DAY, [{ records: [ofA] }, { records: [ofA] }]);
    const lagging = swept(both, NOW, [{ records: [ofA, ofB], serial: 2 }, 'silent']);
    const old = lagging.versions.find(({ content }) => content.length === 1);
    expect(old?.endedAt).toBeUndefined();
    const forgotten = forgetAddress(lagging, '192.0.2.54');
    const next = swept(forgotten, NOW + 9, [{ records: [ofA, ofB], serial: 2 }, 'silent']);
    expect(next.versions.find(({ content }) => content.length === 1)?.endedAt).toBe(NOW + 9);
    expect(Object.keys(next.addresses)).toEqual(['192.0.2.53']);
    const back = swept(next, NOW + 99, [{ records: [ofA, ofB], serial: 2 }, { records: [ofA] }]);
    expect(back.versions.find(({ content }) => content.length === 1)?.endedAt).toBeUndefined();
    expect(back.forgotten).toBeUndefined();
  });
  it('an endpoint that is down permanently is not waited for, until it answers again', () => {
    const before = seen(NOW - DAY, { '1': A, '2': A });
    const silent = forgetEndpoint(seen(NOW, { '1': A, '2': 'silent' }, before), '2');
    const next = seen(NOW + 9, { '1': A, '2': 'silent' }, silent);
    expect(Object.keys(next.endpoints)).toEqual(['1']);
    expect(Object.keys(seen(NOW + 99, { '1': A, '2': A }, next).endpoints)).toEqual(['1', '2']);
  });
  it('adopting publishes the records that the chain supplies, and no other', () => {
    const records = [ofA, record('3 0 1', A), record('2 1 1', A), ofB, record('2 1 1', STRANGER)];
    const history = adoptRecords(swept(undefined, NOW, [{ records }]), (combination) =>
      recordsOf(A, combination, { trustAnchors: 'chain' }),
    );
    expect(history.ours).toEqual(rdataSet([ofA, record('3 0 1', A), record('2 1 1', A)]));
  });
});
