import { describe, expect, it } from 'vitest';
import { claimsOfOthers } from '../../src/engine/observe/neighbour-claims.ts';
import type { Chain } from '../../src/dane/chain.ts';
import { combinationFrom } from '../../src/dane/tlsa.ts';
import type { RdataHex } from '../../src/dns/rrset.ts';
import { OwnerView } from '../../src/rollover/law/owner-view.ts';
import type { Facts } from '../../src/rollover/law/facts.ts';
import { newLineage } from '../../src/rollover/model.ts';
import type { Intent, Policy } from '../../src/rollover/model.ts';
import type { Edit } from '../../src/rollover/decision.ts';
import { recordsOfAnchors } from '../../src/rollover/plan/records/known-anchors.ts';
import { planAdditions } from '../../src/rollover/plan/records/additions.ts';
import { planRemovals, planUnsupplied } from '../../src/rollover/plan/records/removals.ts';
import type { Publication } from '../../src/rollover/plan/records/owner-state.ts';
import type { Scene } from './world.ts';
import {
  A,
  NOW,
  OWNER,
  chain,
  factsOf,
  generation,
  intent,
  ofA,
  record,
  seen,
  swept,
} from './world.ts';

/** The live chain, and that of the other issuer: what the operator has in a file is J. */
const live = generation(1, 'live', A);
const OF_OTHER = chain('other', { ca: 'J' });
const J = OF_OTHER.certificates[1];
if (J === undefined) throw new Error('there is no CA');
const taA = record('2 1 1', A);
const taJ = record('2 1 1', OF_OTHER);

const wanting = (policy: Partial<Policy>, changes: Partial<Intent> = {}): Intent =>
  intent(policy, { anchors: [J], ...changes });
const BOTH = wanting({ records: ['3 1 1', '2 1 1'] });

/** At rest: the live chain is presented, and these records are served, all of holger. */
function atRest(records: readonly RdataHex[], changes: Partial<Scene> = {}): Facts {
  return factsOf({
    generations: [live],
    owner: swept(undefined, NOW - 10, [{ records }]),
    ours: records,
    service: seen(NOW, { '192.0.2.1': A }),
    ...changes,
  });
}

type Ask = (view: OwnerView, staged: Chain | undefined) => Publication;
const asked =
  (ask: Ask) =>
  (wanted: Intent, facts: Facts, staged?: Chain): Publication =>
    ask(new OwnerView(OWNER, wanted, facts, NOW), staged);
const additions = asked(planAdditions);
const removals = asked(planRemovals);
const added = (edit: Edit | undefined): readonly RdataHex[] => edit?.add ?? [];

describe('the known CA certificates of other issuers', () => {
  it('get records beside those of the live chain', () => {
    expect(added(additions(BOTH, atRest([ofA, taA])).edit)).toEqual([taJ]);
    expect(added(additions(BOTH, atRest([])).edit)).toEqual([taA, taJ, ofA].sort());
    expect(additions(BOTH, atRest([ofA, taA, taJ])).edit).toBeUndefined();
  });

  it('get them in every combination of usage 2, and in no other', () => {
    const all = ['2 0 1', '2 1 1', '2 1 2', '3 1 1'];
    const published = all.map((combination) => record(combination, A));
    const expected = all.slice(0, 3).map((combination) => record(combination, OF_OTHER));
    expect(added(additions(wanting({ records: all }), atRest(published)).edit)).toEqual(expected);
  });

  it('get none where the certificate publishes no records of usage 2', () => {
    const records = ['3 1 1'];
    expect(additions(wanting({ records }), atRest([ofA])).edit).toBeUndefined();
    // A foreign record of the live CA is answered for the chains of holger, and for no other.
    const beside = atRest([ofA, taA], { ours: [ofA] });
    expect(additions(wanting({ records }), beside).edit).toBeUndefined();
    const none = wanting({ records: ['3 1 1', '2 1 1'], trustAnchors: 'none' });
    expect(additions(none, atRest([ofA])).edit).toBeUndefined();
    const without = wanting({ records: ['3 1 1', '2 1 1'] }, { dane: false });
    for (const one of [none, without]) {
      expect(recordsOfAnchors(one, combinationFrom('2 1 1'))).toEqual([]);
    }
    expect(recordsOfAnchors(BOTH, combinationFrom('2 1 1'))).toHaveLength(1);
    for (const other of ['0 1 1', '1 1 1', '3 1 1']) {
      expect(recordsOfAnchors(BOTH, combinationFrom(other))).toEqual([]);
    }
  });

  it('never come before the record of a live chain, and make no new combination', () => {
    const leaf = chain('A', { leafOnly: true });
    const leafOnly = { service: seen(NOW, { '192.0.2.1': leaf }) };
    expect(additions(BOTH, atRest([ofA], leafOnly)).edit).toBeUndefined();
    const unseen = { service: seen(NOW, { '192.0.2.1': 'silent' as const }) };
    expect(additions(BOTH, atRest([ofA], unseen)).edit).toBeUndefined();
    // Another service at the owner would lose clients by a new combination (rule 18).
    const stranger = record('3 1 1', chain('stranger'));
    const shared = atRest([ofA, stranger], { ours: [ofA] });
    const { edit, reasons } = additions(BOTH, shared);
    expect(edit).toBeUndefined();
    expect(reasons).toMatchObject([{ rule: 'strangers-may-need-it' }]);
    // A CA certificate that is sent, but did not sign the leaf: the chain has no issuer.
    const [leafOfA, caOfA] = A.certificates;
    if (leafOfA === undefined || caOfA === undefined) throw new Error('A is not whole');
    const odd = { id: 'odd', certificates: [{ ...leafOfA, signedBy: [] }, caOfA] };
    const oddly = atRest([ofA], {
      generations: [generation(1, 'live', odd)],
      service: seen(NOW, { '192.0.2.1': odd }),
    });
    const issuer = wanting({ records: ['3 1 1', '2 1 1'], trustAnchors: 'issuer' });
    expect(additions(issuer, oddly)).toEqual({ reasons: [] });
  });

  it('are withdrawn when the operator names them no more, and only then', () => {
    expect(removals(BOTH, atRest([ofA, taA, taJ])).edit).toBeUndefined();
    const without = intent({ records: ['3 1 1', '2 1 1'] });
    expect(removals(without, atRest([ofA, taA, taJ])).edit).toMatchObject({ remove: [taJ] });
    const none = { ...BOTH, anchors: [] };
    expect(removals(none, atRest([ofA, taA, taJ])).edit).toMatchObject({ remove: [taJ] });
    // Records of usage 2 are withdrawn as a whole where the operator wants none any more.
    const other = wanting({ records: ['3 1 1'] });
    expect(removals(other, atRest([ofA, taA, taJ])).edit).toMatchObject({
      remove: [taA, taJ].sort(),
    });
  });

  it('stay while the file that names them cannot be read', () => {
    const unread = { ...BOTH, anchors: [], anchorsUnread: 'a.pem: permission denied' };
    expect(removals(unread, atRest([ofA, taA, taJ]))).toEqual({
      resting: true,
      reasons: [
        expect.objectContaining({
          rule: 'anchors-are-known',
          because: expect.stringContaining('a.pem: permission denied') as unknown,
        }),
      ],
    });
    // Those of keys are superseded as always.
    const old = record('3 1 1', chain('old'));
    const facts = atRest([ofA, old, taA, taJ]);
    expect(removals(unread, facts).edit).toMatchObject({ remove: [old] });
    // The operator ends DANE here.
    const lineage = { ...facts.lineage, orders: { offSince: NOW } };
    expect(removals(unread, { ...facts, lineage }).edit?.remove).toHaveLength(4);
  });

  it('go with their combination when the staged chain has no CA certificates (rule 21)', () => {
    const leaf = chain('B', { leafOnly: true });
    const facts = atRest([ofA, taA, taJ]);
    const view = new OwnerView(OWNER, BOTH, facts, NOW);
    expect(added(planAdditions(view, leaf).edit)).toEqual([record('3 1 1', leaf)]);
    expect(planUnsupplied(view, leaf).edit).toMatchObject({ remove: [taA, taJ].sort() });
  });
});

describe('the known CA certificates of another certificate at the same owner', () => {
  const single = intent({ records: ['3 1 1', '2 1 1'] }, { name: 'other' });
  const neighbour = (changes: Partial<Intent> = {}, orders = {}) => ({
    intent: { ...BOTH, ...changes },
    lineage: { ...newLineage('mail'), generations: [live], orders },
    placed: [],
  });

  it('are wanted by both of them', () => {
    const neighbours = [neighbour()];
    const facts = { ...atRest([ofA, taA, taJ]), neighbours };
    expect(removals(single, facts).edit).toBeUndefined();
    const less = { ...atRest([ofA, taA]), neighbours };
    expect(added(additions(single, less).edit)).toEqual([taJ]);
    const off = { ...facts, neighbours: [neighbour({}, { offSince: NOW })] };
    expect(removals(single, off).edit).toMatchObject({ remove: [taJ] });
  });

  it('stay when one of them leaves (rule 19)', () => {
    const leaving = { ...newLineage('other'), orders: { leaving: { since: NOW } } };
    const claims = claimsOfOthers({ intent: single, lineage: leaving }, [neighbour()]);
    expect(claims[OWNER]).toContain(taJ);
    // Else two certificates with the same list would keep what neither of them wants any more.
    expect(claims[OWNER]).not.toContain(record('2 0 1', OF_OTHER));
    const off = claimsOfOthers({ intent: single, lineage: newLineage('other') }, [
      neighbour({}, { offSince: NOW }),
    ]);
    expect(off[OWNER]).not.toContain(taJ);
  });
});
