// A certificate with dane = false at an owner where another one publishes TLSA: its clients use
// those records.
import { describe, expect, it } from 'vitest';
import { rdataSet } from '../../src/dns/rrset.ts';
import type { RdataHex } from '../../src/dns/rrset.ts';
import { claimsOfOthers } from '../../src/engine/observe/neighbour-claims.ts';
import type { Facts, Neighbour } from '../../src/rollover/law/facts.ts';
import { newLineage } from '../../src/rollover/model.ts';
import type { Generation, Intent, Orders } from '../../src/rollover/model.ts';
import { plan } from '../../src/rollover/plan/plan.ts';
import type { Plan } from '../../src/rollover/decision.ts';
import {
  NOW,
  OWNER,
  SERVICE,
  chain,
  factsOf,
  generation,
  intent,
  presents,
  record,
  swept,
} from './world.ts';

const E = chain('E');
const R1 = chain('R1', { ca: 'J' });
const R2 = chain('R2', { ca: 'J' });
const [ofE, ofR1, ofR2] = [E, R1, R2].map((each) => record('3 1 1', each)) as [
  RdataHex,
  RdataHex,
  RdataHex,
];
const rsa = (number: number, state: Generation['state'], of = R1): Generation =>
  generation(number, state, of, { keyType: 'rsa-2048' });

/** ECDSA, under DANE. */
const withDane = (orders: Orders = {}): Neighbour => ({
  intent: intent({}, { name: 'ecdsa' }),
  lineage: { ...newLineage('ecdsa'), generations: [generation(1, 'live', E)], orders },
  placed: [E],
});
const plain: Intent = intent(
  { records: ['3 1 1', '2 1 1'] },
  {
    name: 'rsa',
    keyType: 'rsa-2048',
    dane: false,
    services: [{ ...SERVICE, daneOfAnother: true }],
  },
);

function scene(
  generations: readonly Generation[],
  records: readonly RdataHex[],
  orders: Orders = {},
): Facts {
  const neighbours = [withDane(orders)];
  const lineage = { ...newLineage('rsa'), generations };
  return factsOf({
    owner: swept(undefined, NOW, [{ records }]),
    ours: records,
    service: presents(E, R1),
    generations,
    neighbours,
    placed: [R1],
    wantedByOthers: claimsOfOthers({ intent: plain, lineage }, neighbours)[OWNER] ?? [],
  });
}
const decided = (facts: Facts): Plan => plan(plain, facts, Infinity, NOW);

describe('it is deployed by the same laws as every chain there', () => {
  const staged = [rsa(1, 'live'), rsa(2, 'issued', R2)];

  it('its record is published before it is deployed, in the combinations of the other certificate', () => {
    expect(decided(scene(staged, [ofE, ofR1]))).toMatchObject({
      step: { kind: 'publish', edit: { add: [ofR2], remove: [] } },
    });
    expect(decided(scene(staged, rdataSet([ofE, ofR1, ofR2])))).toMatchObject({
      step: { kind: 'deploy', generation: 2 },
    });
  });
  it('while idle its record is published, and no other combination', () => {
    expect(decided(scene([rsa(1, 'live')], [ofE]))).toMatchObject({
      step: { kind: 'publish', edit: { add: [ofR1] } },
    });
    expect(decided(scene([rsa(1, 'live')], rdataSet([ofE, ofR1])))).toMatchObject({ kind: 'done' });
  });
  it('alone it waits for nothing and writes nothing', () => {
    const alone = { ...plain, services: [SERVICE] };
    const facts = { ...scene(staged, [ofE, ofR1]), neighbours: [] };
    expect(plan(alone, facts, Infinity, NOW)).toMatchObject({ step: { kind: 'deploy' } });
  });
});

describe('where the operator withdraws DANE', () => {
  const off: Orders = { offSince: NOW };
  const ecdsa = withDane(off);
  const leaf = intent({ records: ['3 1 1'] }, { name: 'ecdsa' });
  const leafOfOther = { ...plain, dane: true, policy: leaf.policy };
  const beside: Neighbour = {
    intent: plain,
    lineage: { ...newLineage('rsa'), generations: [rsa(1, 'live')] },
    placed: [R1],
  };

  it('it keeps no record for itself, and all are withdrawn together', () => {
    expect(claimsOfOthers(ecdsa, [beside])[OWNER]).toBeUndefined();
    expect(claimsOfOthers(withDane(), [beside])[OWNER]).toContain(ofR1);
    const facts = factsOf({
      ...{ owner: swept(undefined, NOW, [{ records: [ofE, ofR1] }]), ours: [ofE, ofR1] },
      ...{ service: presents(E, R1) },
      ...{ generations: ecdsa.lineage.generations, neighbours: [beside] },
    });
    const withdrawing = { ...facts, lineage: { ...facts.lineage, orders: off } };
    expect(plan(ecdsa.intent, withdrawing, Infinity, NOW)).toMatchObject({
      step: { kind: 'publish', edit: { add: [], remove: rdataSet([ofE, ofR1]) } },
    });
  });
  it('it publishes nothing again', () => {
    expect(decided(scene([rsa(1, 'live')], [], off))).toMatchObject({ kind: 'done' });
  });
  it('of one of two certificates under DANE, its next chain still gets a record: else it could never be deployed', () => {
    const other: Neighbour = { ...beside, intent: leafOfOther };
    const next = chain('E2');
    const generations = [generation(1, 'live', E), generation(2, 'issued', next)];
    const facts = factsOf({
      ...{ owner: swept(undefined, NOW, [{ records: [ofE, ofR1] }]), ours: [ofE, ofR1] },
      ...{ service: presents(E, R1), generations, neighbours: [other] },
    });
    const one = { ...facts, lineage: { ...facts.lineage, orders: off } };
    expect(plan(leaf, one, Infinity, NOW)).toMatchObject({
      step: { kind: 'publish', edit: { add: [record('3 1 1', next)], remove: [] } },
    });
  });
  it('of one of two certificates under DANE, it says whose records keep its own', () => {
    const other: Neighbour = { ...beside, intent: leafOfOther };
    const facts = factsOf({
      ...{ owner: swept(undefined, NOW, [{ records: [ofE, ofR1] }]), ours: [ofE, ofR1] },
      ...{ service: presents(E, R1), generations: ecdsa.lineage.generations },
      neighbours: [other],
    });
    const one = { ...facts, lineage: { ...facts.lineage, orders: off } };
    expect(plan(leaf, one, Infinity, NOW)).toMatchObject({
      reasons: [
        { rule: 'foreign-records-stay', because: expect.stringContaining('rsa') as unknown },
      ],
    });
  });
  it('of two certificates under DANE neither keeps the records of the other, once both are off', () => {
    const other: Neighbour = { ...beside, intent: { ...plain, dane: true } };
    expect(claimsOfOthers(ecdsa, [other])[OWNER]).toContain(ofR1);
    const both = { ...other, lineage: { ...other.lineage, orders: off } };
    expect(claimsOfOthers(ecdsa, [both])[OWNER]).toBeUndefined();
  });
});
