// Clients that are refused are reported, in each wait and while idle; what holger deployed itself
// needs no person.
import { describe, expect, it } from 'vitest';
import { plan } from '../../src/rollover/plan/plan.ts';
import {
  A,
  B,
  NOW,
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

const live = generation(1, 'live', A);
const toldAgain = { ...live, reloads: { count: 1, last: NOW - 45 } };
const staged = generation(2, 'issued', B);

describe('clients that are refused', () => {
  it('by a chain that another person deployed: while idle that needs a person', () => {
    const strange = seen(NOW, { '1': chain('foreign') });
    const owner = swept(undefined, NOW, [{ records: [ofA] }]);
    const facts = factsOf({ owner, service: strange, ours: [ofA], generations: [toldAgain] });
    expect(plan(intent(), facts, Infinity, NOW)).toMatchObject({
      kind: 'blocked',
      person: true,
      reasons: [{ rule: 'only-the-new-chain' }, { rule: 'clients-are-refused' }],
    });
  });
  it('by the staged chain, deployed too early: as long as the old RRset may be cached', () => {
    const before = swept(undefined, NOW - 100, [{ records: [ofA] }]);
    const owner = swept(before, NOW, [{ records: [ofA, ofB], serial: 2 }]);
    const generations = [live, staged];
    const early = seen(NOW, { '1': B });
    const facts = factsOf({ owner, service: early, ours: [ofA, ofB], generations });
    const next = plan(intent({ assumedTtl: 0 }), facts, Infinity, NOW);
    expect(next).toMatchObject({ kind: 'wait', known: true });
    const said = next.kind === 'wait' ? next.reasons.at(-1) : undefined;
    expect(said).toMatchObject({
      rule: 'clients-are-refused',
      until: expect.any(Number) as number,
    });
    expect(said).not.toHaveProperty('hint');
  });
  it("K47: by none, because the issuer's record matches what another client has renewed: that needs a person all the same", () => {
    const records = [record('2 1 1', A)];
    const before = seen(NOW - 3600, { '1': chain('foreign') });
    const facts = factsOf({
      owner: swept(undefined, NOW, [{ records }]),
      service: seen(NOW, { '1': chain('foreign') }, before),
      ours: records,
      generations: [{ ...live, reloads: { count: 9, last: NOW - 45 } }],
    });
    const next = plan(intent({ records: ['2 1 1'] }), facts, Infinity, NOW);
    expect(next).toMatchObject({ kind: 'wait', known: false });
    const said = next.kind === 'wait' ? next.reasons : [];
    const other = said.find(({ rule }) => rule === 'only-the-new-chain');
    expect(other?.needs).toBe('person');
    expect(other?.because).toContain('presents another certificate');
    expect(other?.hint).toMatch(/^another client may renew it/);
  });
  it('by none: nothing is reported', () => {
    const owner = swept(undefined, NOW, [{ records: [ofA] }]);
    const facts = factsOf({
      owner,
      service: seen(NOW, { '1': A }),
      ours: [ofA],
      generations: [live],
    });
    expect(plan(intent(), facts, Infinity, NOW)).toMatchObject({ kind: 'done', reasons: [] });
  });
});
