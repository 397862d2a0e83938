// A reason that needs a person has a hint, and following the hint helps.
import { describe, expect, it } from 'vitest';
import type { RdataHex } from '../../src/dns/rrset.ts';
import { tlsaFromRdata, tlsaText } from '../../src/dane/tlsa.ts';
import type { Plan } from '../../src/rollover/decision.ts';
import type { Facts } from '../../src/rollover/law/facts.ts';
import type { Policy } from '../../src/rollover/model.ts';
import { plan } from '../../src/rollover/plan/plan.ts';
import {
  A,
  DAY,
  NOW,
  OWNER,
  chain,
  factsOf,
  generation,
  intent,
  record,
  seen,
  swept,
} from './world.ts';

const B = chain('B', { ca: 'J' });
const BARE = chain('B', { leafOnly: true });
const [ofA, ofB] = [record('3 1 1', A), record('3 1 1', B)];
const [caOfA, caOfB] = [record('2 1 1', A), record('2 1 1', B)];

function scene(records: readonly RdataHex[], ours: readonly RdataHex[], staged = B): Facts {
  const generations = [generation(1, 'live', A), generation(2, 'issued', staged)];
  const owner = swept(undefined, NOW, [{ records }]);
  return factsOf({ owner, ours, service: seen(NOW, { '1': A }), generations });
}
const decided = (facts: Facts, policy: Partial<Policy>, now = NOW): Plan =>
  plan(intent(policy), facts, Infinity, now);

function hintOf(next: Plan): string {
  expect(next).toMatchObject({ kind: 'blocked', person: true });
  return next.reasons.flatMap(({ hint }) => hint ?? []).join('\n');
}

describe('a combination that the staged chain cannot supply', () => {
  const records = [ofA, caOfA, ofB];
  const stuck = scene(records, [ofA, ofB]);
  const none: Partial<Policy> = { trustAnchors: 'none' };
  const changed = (content: readonly RdataHex[]): Facts => ({
    ...stuck,
    owners: {
      [OWNER]: { ...swept(stuck.owners[OWNER], NOW + 9, [{ records: content, serial: 2 }]) },
    },
  });

  it('trust_anchors: holger publishes the record', () => {
    expect(hintOf(decided(stuck, none))).toContain('set trust_anchors = "chain", so that');
    expect(decided(stuck, {})).toMatchObject({ step: { edit: { add: [caOfB] } } });
  });
  it('or the person does, and then only time is needed', () => {
    const [text = ''] = [tlsaFromRdata(caOfB) ?? []].flat().map(tlsaText);
    expect(hintOf(decided(stuck, none))).toContain(`or publish ${text} there by hand`);
    const next = decided(changed([...records, caOfB]), none, NOW + 9);
    expect(next).toMatchObject({ kind: 'wait', known: true });
  });
  it('and no person is needed while the servers transfer that change', () => {
    const lagging = swept(undefined, NOW - 9, [{ records }, { records }]);
    const answers = [{ records: [...records, caOfB], serial: 2 }, { records }];
    const owner = { ...swept(lagging, NOW, answers), ours: [ofA, ofB] };
    const next = decided({ ...stuck, owners: { [OWNER]: owner } }, none);
    expect(next).toMatchObject({ kind: 'wait', known: false });
  });
  it('or the combination is withdrawn, where another one protects the service', () => {
    expect(hintOf(decided(stuck, none))).toContain('or withdraw the 2 1 1 records there by hand');
    const next = decided(changed([ofA, ofB]), none, NOW + 9);
    expect(next).toMatchObject({ kind: 'wait', known: true });
  });
  it('a chain without CA certificates has no such record, and none is named', () => {
    const foreign = record('2 1 1', chain('stranger', { ca: 'elsewhere' }));
    const facts = scene([ofA, caOfA, ofB, foreign], [ofA, caOfA, ofB], BARE);
    const hint = hintOf(decided(facts, { records: ['3 1 1', '2 1 1'] }));
    expect(hint).toBe('withdraw the 2 1 1 records there by hand: clients then use the others');
  });
  it('where it is the only one, another one has to be published first', () => {
    const facts = scene([caOfA], [caOfA], BARE);
    const hint = hintOf(decided(facts, { records: ['2 1 1'] }));
    expect(hint).toMatch(/^set records = \["3 1 1"\]: holger publishes that/);
    expect(decided(facts, {})).toMatchObject({ step: { edit: { remove: [] } } });
    const beside = scene([ofA, caOfA, ofB], [ofA, caOfA, ofB], BARE);
    expect(decided(beside, {})).toMatchObject({ step: { edit: { remove: [caOfA] } } });
  });
});

describe('a rollback that cannot be made', () => {
  const back = chain('back', { names: ['old.example.org'] });
  const facts = factsOf({
    owner: swept(undefined, NOW, [{ records: [ofA, record('3 1 1', back)] }]),
    ours: [ofA, record('3 1 1', back)],
    service: seen(NOW, { '1': A }),
    generations: [generation(1, 'live', A), { ...generation(2, 'issued', back), rollbackOf: 1 }],
  });

  it('because of the names of its certificate is cancelled with --force', () => {
    expect(hintOf(decided(facts, {}))).toContain('holger run --force');
    expect(plan(intent({}, { force: true }), facts, Infinity, NOW)).toMatchObject({
      step: { kind: 'create-key', generation: 3 },
    });
  });
  it('because of its age too', () => {
    const late = NOW + 90 * DAY;
    const next = plan(intent(), facts, Infinity, late);
    expect(hintOf(next)).toContain('order a new certificate with holger run --force');
  });
});

it('a service whose TLS was switched off is reported as such', () => {
  const facts = factsOf({
    owner: swept(undefined, NOW, [{ records: [ofA] }]),
    ours: [ofA],
    service: seen(NOW, { '1': 'no-tls' }),
    generations: [generation(1, 'live', A, { reloads: { count: 1, last: NOW - 45 } })],
  });
  expect(hintOf(decided(facts, {}))).toContain('enable TLS there again');
});
