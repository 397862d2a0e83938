// What the planner publishes and withdraws, and its guards (docs/laws.md, rules 20 and 22 to 25).
import { describe, expect, it } from 'vitest';
import type { Chain } from '../../src/dane/chain.ts';
import { OwnerView } from '../../src/rollover/law/owner-view.ts';
import { Situation } from '../../src/rollover/law/situation.ts';
import type { Facts } from '../../src/rollover/law/facts.ts';
import type { RdataHex } from '../../src/dns/rrset.ts';
import { rdataSet } from '../../src/dns/rrset.ts';
import { deployability } from '../../src/rollover/plan/deploy/deployability.ts';
import type { HeldFacts } from '../../src/rollover/record/owner-history.ts';
import type { Generation, Policy } from '../../src/rollover/model.ts';
import { plan } from '../../src/rollover/plan/plan.ts';
import { planAdditions } from '../../src/rollover/plan/records/additions.ts';
import { newestVersion } from '../../src/rollover/record/versions.ts';
import { beginWrite } from '../../src/rollover/record/pending-writes.ts';
import { planRemovals } from '../../src/rollover/plan/records/removals.ts';
import {
  A,
  B,
  DAY,
  NOW,
  OWNER,
  POLICY,
  SERVICE,
  chain,
  factsOf,
  generation,
  intent,
  record,
  seen,
  swept,
} from './world.ts';
import type { Scene } from './world.ts';

const STRANGER = chain('stranger', { ca: 'elsewhere' });

function scene(records: readonly RdataHex[], live: Chain, rest: Partial<Scene>): Scene {
  const owner = swept(undefined, NOW, [{ records }]);
  return { owner, service: seen(NOW, { '1': live }), ...rest };
}

describe('rule 20: every combination of the RRset, also of foreign records', () => {
  const generations = [generation(1, 'live', A), generation(2, 'issued', B)];

  it('a foreign 3 0 1 A next to our 3 1 1: B gets a 3 0 1 too', () => {
    const records = [record('3 1 1', A), record('3 0 1', A)];
    const facts = factsOf(scene(records, A, { generations, ours: [record('3 1 1', A)] }));
    expect(planAdditions(new OwnerView(OWNER, intent(), facts, NOW), B).edit?.add).toEqual(
      rdataSet([record('3 0 1', B), record('3 1 1', B)]),
    );
  });
  it('they stay as long as the foreign record does', () => {
    const foreign = [record('3 0 1', A)];
    const ours = [record('3 0 1', B), record('3 1 1', B)];
    const idle = [generation(1, 'retired', A), generation(2, 'live', B)];
    const facts = factsOf(scene([...foreign, ...ours], B, { generations: idle, ours }));
    expect(planRemovals(new OwnerView(OWNER, intent(), facts, NOW), undefined)).toEqual({
      reasons: [],
    });
    const alone = factsOf(scene(ours, B, { generations: idle, ours }));
    expect(
      planRemovals(new OwnerView(OWNER, intent(), alone, NOW), undefined).edit?.remove,
    ).toEqual([record('3 0 1', B)]);
  });
  it('a combination that a live chain satisfies and the staged one cannot supply needs a person', () => {
    const records = [record('3 1 1', A), record('2 1 1', A)];
    const other = chain('B', { ca: 'J' });
    const facts = factsOf(
      scene(records, A, {
        generations: [generation(1, 'live', A), generation(2, 'issued', other)],
        ours: [record('3 1 1', A), record('3 1 1', B)],
      }),
    );
    const wanted = intent({ trustAnchors: 'none' });
    const staged = plan(wanted, facts, Infinity, NOW);
    expect(staged).toMatchObject({ kind: 'step' });
    const both = swept(undefined, NOW, [{ records: [...records, record('3 1 1', B)] }]);
    const next = plan(wanted, { ...facts, owners: { [OWNER]: both } }, Infinity, NOW);
    expect(next).toMatchObject({ kind: 'blocked', person: true });
    const because = 'reasons' in next ? next.reasons.map((reason) => reason.because) : [];
    expect(because.join('\n')).toContain('2 1 1');
  });
});

describe('rule 21: a combination of ours that the staged chain cannot supply', () => {
  const records = [record('3 1 1', A), record('2 1 1', A), record('3 1 1', B)];
  const bare = chain('B', { leafOnly: true });
  const generations = [generation(1, 'live', A), generation(2, 'issued', bare)];

  it('is withdrawn whole, then the wait, then the chain of a private CA that sends its leaf alone', () => {
    const facts = factsOf(scene(records, A, { generations, ours: records }));
    const remove = [record('2 1 1', A)];
    expect(plan(intent({ records: ['3 1 1', '2 1 1'] }), facts, Infinity, NOW)).toMatchObject({
      step: { kind: 'publish', edit: { add: [], remove } },
    });
    const rest = records.filter((rdata) => !remove.includes(rdata));
    const later = swept(swept(undefined, NOW, [{ records }]), NOW + 1, [
      { records: rest, serial: 2 },
    ]);
    const gone = { ...facts, owners: { [OWNER]: { ...later, ours: rest } } };
    const wanted = intent({ records: ['3 1 1', '2 1 1'] });
    expect(plan(wanted, gone, Infinity, NOW + 2)).toMatchObject({ kind: 'wait', until: NOW + 126 });
    expect(plan(wanted, gone, Infinity, NOW + 126)).toMatchObject({ step: { kind: 'deploy' } });
  });
  it('stays where a foreign record shares it: a person has to decide', () => {
    const foreign = record('2 1 1', STRANGER);
    const facts = factsOf(scene([...records, foreign], A, { generations, ours: records }));
    const next = plan(intent({ records: ['3 1 1', '2 1 1'] }), facts, Infinity, NOW);
    expect(next).toMatchObject({ kind: 'blocked', person: true });
  });
  it('stays where it is the only one: a person has to decide', () => {
    const only = [record('2 1 1', A)];
    const facts = factsOf(scene(only, A, { generations, ours: only }));
    const next = plan(intent({ records: ['2 1 1'] }), facts, Infinity, NOW);
    expect(next).toMatchObject({ kind: 'blocked', person: true });
  });
});

describe('rule 22: the last record that a live chain matches stays', () => {
  it('although deleting everything would be lawful', () => {
    const ours = [record('3 1 1', A)];
    const facts = factsOf(scene(ours, A, { ours, generations: [generation(2, 'live', B)] }));
    const { edit, reasons } = planRemovals(new OwnerView(OWNER, intent(), facts, NOW), undefined);
    expect(edit).toBeUndefined();
    expect(reasons[0]?.rule).toBe('last-match-stays');
  });
  it('and does not keep the older ones beside it: a foreign 2 0 1 that matches nothing', () => {
    const foreign = record('2 0 1', STRANGER);
    const ours = rdataSet([...[A, B].flatMap((of) => [record('3 1 1', of), record('3 1 2', of)])]);
    const facts = factsOf(
      scene([foreign, ...ours], B, {
        ours,
        generations: [generation(1, 'retired', A), generation(2, 'live', B)],
      }),
    );
    expect(
      planRemovals(new OwnerView(OWNER, intent(), facts, NOW), undefined).edit?.remove,
    ).toEqual(rdataSet([record('3 1 1', A), record('3 1 2', A)]));
  });
  it('and where time changes nothing, there is no wait: 2 1 1 is configured, the service sends the leaf alone', () => {
    const ours = [record('3 1 1', B)];
    const generations = [generation(1, 'retired', A), generation(2, 'live', B)];
    const bare = chain('B', { leafOnly: true });
    const facts = factsOf(scene(ours, bare, { ours, generations }));
    const wanted = intent({ records: ['2 1 1'] });
    const reasons = [{ rule: 'last-match-stays' }];
    expect(plan(wanted, facts, Infinity, NOW)).toMatchObject({ kind: 'done', reasons });
    const other = seen(NOW, { '1': bare, '2': A });
    const told = generation(2, 'live', B, { reloads: { count: 1, last: NOW } });
    const retired = generation(1, 'retired', A);
    const toldAgain = factsOf(scene(ours, bare, { ours, generations: [retired, told] }));
    const mixed = plan(wanted, { ...toldAgain, services: { [SERVICE.id]: other } }, Infinity, NOW);
    const refused = { rule: 'clients-are-refused' };
    const stale = { rule: 'only-the-new-chain' };
    expect(mixed).toMatchObject({ kind: 'wait', reasons: [...reasons, stale, refused] });
  });
  it('nor is a record withdrawn that another certificate of ours needs', () => {
    const ours = rdataSet([record('3 1 1', A), record('3 1 1', B)]);
    const facts = factsOf(
      scene(ours, B, {
        ours,
        generations: [generation(1, 'retired', A), generation(2, 'live', B)],
        wantedByOthers: [record('3 1 1', A)],
      }),
    );
    expect(planRemovals(new OwnerView(OWNER, intent(), facts, NOW), undefined)).toEqual({
      reasons: [],
    });
  });
});

describe('rule 23: records of superseded staged generations', () => {
  const ours = rdataSet([record('3 1 1', A), record('3 1 1', B), record('3 1 1', chain('C'))]);
  it('are not withdrawn while a later one is staged', () => {
    const facts = factsOf(
      scene(ours, A, {
        ours,
        generations: [
          generation(1, 'live', A),
          generation(2, 'issued', B),
          generation(3, 'issued', chain('C')),
        ],
      }),
    );
    const next = plan(intent(), facts, Infinity, NOW);
    expect(next).not.toMatchObject({ step: { kind: 'publish' } });
    expect(next).toMatchObject({ kind: 'step', step: { kind: 'deploy', generation: 3 } });
  });
  it('are ordered again with the same key, whose record is published already', () => {
    const short = chain('B', { notBefore: NOW - 30 * DAY, notAfter: NOW + 5 * DAY });
    const facts = factsOf(
      scene(ours, A, {
        ours,
        generations: [generation(1, 'live', A), generation(2, 'issued', short)],
      }),
    );
    expect(plan(intent(), facts, Infinity, NOW)).toMatchObject({
      step: { kind: 'create-key', generation: 3, sameKeyAs: 2 },
    });
  });
});

describe('rule 24: old records stay for a rollback', () => {
  const ours = rdataSet([record('3 1 1', A), record('3 1 1', B)]);
  const provenAt = NOW - 50;
  const generations: Generation[] = [
    generation(1, 'retired', A),
    generation(2, 'live', B, { deployBegunAt: NOW - 90, deployedAt: NOW - 80, provenAt }),
  ];
  it.each([
    ['one further wait by default', {}, provenAt + 125],
    ['as long as the operator has configured', { rollback: 1000 }, provenAt + 1000],
  ] satisfies [string, Partial<Policy>, number][])('%s', (_story, policy, until) => {
    const facts = factsOf(scene(ours, B, { ours, generations }));
    expect(plan(intent(policy), facts, Infinity, NOW)).toMatchObject({ kind: 'wait', until });
    expect(plan(intent(policy), facts, Infinity, until)).toMatchObject({
      step: { kind: 'publish', edit: { remove: [record('3 1 1', A)] } },
    });
  });
});

describe('law 2 before every act that makes a service load the chain', () => {
  const records = [record('3 1 1', A), record('3 1 1', B)];
  const { deployedAt: _never, provenAt: _nor, ...begun } = generation(2, 'live', B);
  const { provenAt: _neither, ...placed } = generation(2, 'live', B);
  const stories: [string, Generation, 'deploy' | 'reload'][] = [
    ['a deployment that a crash broke off', begun, 'deploy'],
    ['a reload that had no effect', placed, 'reload'],
  ];
  it.each(stories)('%s continues', (_story, live, kind) => {
    const generations = [generation(1, 'live', A), live];
    const facts = factsOf(scene(records, A, { generations, ours: records }));
    expect(plan(intent(), facts, Infinity, NOW)).toMatchObject({ step: { kind, generation: 2 } });
  });
  it.each(stories)('%s waits after another person removed the record', (_story, live, kind) => {
    const generations = [generation(1, 'live', A), live];
    const [ofA = '', ofB = ''] = records;
    const removed = factsOf(scene([ofA], A, { generations, ours: records }));
    expect(plan(intent(), removed, Infinity, NOW)).toMatchObject({
      step: { kind: 'publish', edit: { add: [ofB] } },
    });
    const back = swept(swept(undefined, NOW, [{ records: [ofA] }]), NOW + 1, [{ records }]);
    const again = { ...removed, owners: { [OWNER]: back } };
    const until = NOW + 1 + 125;
    expect(plan(intent(), again, Infinity, NOW + 2)).toMatchObject({ kind: 'wait', until });
    expect(plan(intent(), again, Infinity, until)).toMatchObject({ step: { kind } });
  });
  it('no server answers any more: what they serve now is not known', () => {
    const generations = [generation(1, 'live', A), generation(2, 'issued', B)];
    const before = swept(undefined, NOW - DAY, [{ records }]);
    const facts = factsOf(scene(records, A, { generations, ours: records }));
    expect(plan(intent(), facts, Infinity, NOW)).toMatchObject({ step: { kind: 'deploy' } });
    const silent = { ...facts, owners: { [OWNER]: swept(before, NOW, ['silent']) } };
    const next = plan(intent(), silent, Infinity, NOW);
    expect(next).toMatchObject({ kind: 'wait', known: false });
    const rules = 'reasons' in next ? next.reasons.map(({ rule }) => rule) : [];
    expect(rules).toContain('servers-answer');
  });
});

describe('rule 25: guards that no record set can switch off', () => {
  it.each([
    ['expired', chain('B', { notAfter: NOW - 1 }), 'not-expired'],
    ['not yet valid', chain('B', { notBefore: NOW + 9 }), 'valid-already'],
    [
      'without a name of the service',
      chain('B', { names: ['www.example.org'] }),
      'names-cover-services',
    ],
  ])('a chain that is %s is not deployed', (_story, staged, rule) => {
    const generations = [generation(1, 'live', A), generation(2, 'issued', staged)];
    const facts = factsOf(scene([], A, { generations }));
    const verdict = deployability(staged, new Situation(intent(), facts, NOW));
    expect(verdict.allowed).toBe(false);
    expect(verdict.reasons[0]?.rule).toBe(rule);
  });
  it.each([
    ['an attacker on the path would have their key signed into DNS', [], []],
    ['read locally it is enrolled with the staged one', [STRANGER], [STRANGER, B]],
  ])('a chain that we did not issue: %s', (_story, placed, expected) => {
    const generations = [generation(1, 'issued', B)];
    const facts = factsOf(scene([], STRANGER, { generations, placed }));
    const { edit } = planAdditions(new OwnerView(OWNER, intent(), facts, NOW), B);
    expect(edit?.add ?? []).toEqual(rdataSet(expected.map((of) => record('3 1 1', of))));
  });
});

describe('rule 8: a write that is not seen yet', () => {
  const generations = [generation(1, 'live', A), generation(2, 'issued', B)];
  const records = [record('3 1 1', A)];
  const both = rdataSet([...records, record('3 1 1', B)]);
  const asked = (by: { byHand?: true }, runningSince: number, at: number, again?: number) => {
    const owner = swept(undefined, NOW, [{ records }]);
    const from = newestVersion(owner);
    if (from === undefined) throw new Error('nothing was seen');
    const to = { content: both, ttl: 3600 };
    const once = beginWrite(owner, { from, to }, NOW + 10, by);
    const begun = again === undefined ? once : beginWrite(once, { from, to }, again, by);
    const facts = factsOf({ ...scene(records, A, { generations, ours: records }), owner: begun });
    return planAdditions(new OwnerView(OWNER, intent(), { ...facts, runningSince }, at), B);
  };

  it('is sent again after seconds, by any process', () => {
    expect(asked({}, NOW, NOW + 14).edit).toBeUndefined();
    expect(asked({}, NOW, NOW + 15).edit).toBeDefined();
  });
  it('is sent again less and less often, at least every five minutes', () => {
    expect(asked({}, NOW, NOW + 69, NOW + 40).edit).toBeUndefined();
    expect(asked({}, NOW, NOW + 70, NOW + 40).edit).toBeDefined();
    expect(asked({}, NOW, NOW + 7499, NOW + 7200).edit).toBeUndefined();
    expect(asked({}, NOW, NOW + 7500, NOW + 7200).edit).toBeDefined();
  });
  describe('in a zone at several providers', () => {
    /** The first one has the higher serial and holds `first`; the second one the records of A. */
    const apart = (first: readonly RdataHex[], second: HeldFacts): Facts => {
      const answers = [
        { records: first, serial: 91 },
        { records, serial: 7 },
      ];
      const owner = swept(undefined, NOW, answers, POLICY, [
        { provider: 'one', content: first, ttl: 60 },
        second,
      ]);
      return factsOf({ ...scene(records, A, { generations, ours: both }), owner });
    };
    const other = { provider: 'other', content: records, ttl: 60 };

    it('what one of them lacks is written there, also when the serial of the other is higher', () => {
      expect(
        planAdditions(new OwnerView(OWNER, intent(), apart(both, other), NOW), B),
      ).toMatchObject({
        edit: { add: [record('3 1 1', B)], remove: [], expect: records },
      });
      expect(
        planAdditions(new OwnerView(OWNER, intent(), apart(records, other), NOW), B),
      ).toMatchObject({
        edit: { add: [record('3 1 1', B)], remove: [], expect: records },
      });
    });
    it('what one of them holds is judged by itself: nothing live loses its record', () => {
      const ofB = [record('3 1 1', B)];
      const facts = apart(ofB, other);
      expect(planAdditions(new OwnerView(OWNER, intent(), facts, NOW), B)).toMatchObject({
        edit: { add: [record('3 1 1', A)], expect: ofB },
      });
      expect(planRemovals(new OwnerView(OWNER, intent(), facts, NOW), B).edit).toBeUndefined();
    });
    it('one that does not report what it holds is named, and the other one is written', () => {
      const mute = { provider: 'other', failure: 'no answer' };
      expect(planAdditions(new OwnerView(OWNER, intent(), apart(both, mute), NOW), B)).toEqual({
        reasons: [
          expect.objectContaining({
            rule: 'providers-answer',
            because: `it is not known which records provider other has at ${OWNER}: no answer`,
            hint: expect.stringContaining('holger providers test other') as string,
          }),
        ],
      });
      const ofB = [record('3 1 1', B)];
      expect(planAdditions(new OwnerView(OWNER, intent(), apart(ofB, mute), NOW), B)).toMatchObject(
        {
          edit: { add: [record('3 1 1', A)], expect: ofB },
        },
      );
    });
  });
  it('is asked of a person once by every process, and once an hour by one that stays', () => {
    const byHand = { byHand: true } as const;
    expect(asked(byHand, NOW, NOW + 3609)).toMatchObject({
      reasons: [{ rule: 'write-is-seen', because: expect.stringContaining('by hand') as string }],
    });
    expect(asked(byHand, NOW, NOW + 3610).edit).toBeDefined();
    expect(asked(byHand, NOW + 11, NOW + 12).edit).toBeDefined();
  });
});
