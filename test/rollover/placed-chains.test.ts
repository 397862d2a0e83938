// Rule 15: what was read at a target counts while it cannot be read, and after the configuration
// does not name the target any more.
import { describe, expect, it } from 'vitest';
import type { Chain } from '../../src/dane/chain.ts';
import { newLineage } from '../../src/rollover/model.ts';
import type { Generation, Lineage } from '../../src/rollover/model.ts';
import { chainsOf, goneChainsOf, recordPlaced } from '../../src/rollover/record/placed-chains.ts';
import type { Looks, TargetRead } from '../../src/rollover/record/placed-chains.ts';
import { A, B, NOW, chain, generation } from './world.ts';

const C = chain('C');

/** By path; undefined: it cannot be read. */
type Look = Readonly<Record<string, Chain | 'nothing' | undefined>>;

function readsOf(look: Look): TargetRead[] {
  return Object.entries(look).map(([place, found]): TargetRead => {
    const one = { target: `target at ${place}`, places: [place] };
    if (found === undefined) return one;
    return { ...one, chains: new Map(found === 'nothing' ? [] : [[place, found]]) };
  });
}

/** Every endpoint answers at every look, and one look is enough. */
const answering = (now: number): Looks => ({
  ...{ now, answeredAt: now, acknowledgedAt: Infinity, settle: 0 },
});

function after(lineage: Lineage, ...looks: readonly (readonly [number, Look])[]): Lineage {
  return looks.reduce(
    (known, [at, look]) => ({
      ...known,
      placed: recordPlaced(known, readsOf(look), answering(at)),
    }),
    lineage,
  );
}

const names = (lineage: Lineage): string[] => chainsOf(lineage).map(({ id }) => id);
const loaded = (lineage: Lineage): string[] => goneChainsOf(lineage).map(({ id }) => id);
const withLive = (live: Generation): Lineage => ({ ...newLineage('mail'), generations: [live] });
const live = withLive(generation(1, 'live', A));

describe('rule 15: the chain at a target', () => {
  it('is what was read last', () => {
    expect(names(after(live, [NOW, { one: A, two: B }]))).toEqual(['A', 'B']);
    expect(names(after(live, [NOW, { one: B }], [NOW + 5, { one: A }]))).toEqual(['A']);
  });
  it('stays known while the target cannot be read', () => {
    expect(names(after(live, [NOW, { one: B }], [NOW + 5, { one: undefined }]))).toEqual(['B']);
  });
  it('is gone when no file is there, whatever the target is called now', () => {
    const [known] = [after(live, [NOW, { one: B }])];
    const renamed = { target: 'another word', places: ['one'], chains: new Map() };
    expect(recordPlaced(known, [renamed], answering(NOW + 5))).toEqual({});
  });
  it('stays known after the configuration names another path', () => {
    const moved = after(
      live,
      [NOW, { one: B }],
      [NOW + 5, { two: 'nothing' }],
      [NOW + 99, { two: A }],
    );
    expect(names(moved)).toEqual(['A', 'B']);
    expect(names(after(moved, [NOW + 200, { one: A }]))).not.toContain('B');
  });
});

describe('a chain that others replaced or removed', () => {
  const looked = (known: Lineage, found: Chain | 'nothing', looks: Looks): Lineage => ({
    ...known,
    placed: recordPlaced(known, readsOf({ one: found }), looks),
  });
  const silent = (now: number): Looks => ({
    ...{ now, answeredAt: -Infinity, acknowledgedAt: Infinity, settle: 30 },
  });
  const seen = (now: number, answeredAt = now - 1): Looks => ({
    ...{ now, answeredAt, acknowledgedAt: Infinity, settle: 30 },
  });
  const there = looked(live, B, silent(NOW));

  it('counts as long as an endpoint does not answer: it may have loaded it', () => {
    const gone = looked(there, 'nothing', silent(NOW + 60));
    const later = looked(gone, 'nothing', silent(NOW + 9000));
    expect([names(later), loaded(later)]).toEqual([[], ['B']]);
    const replaced = looked(there, C, silent(NOW + 60));
    expect([names(replaced), loaded(replaced)]).toEqual([['C'], ['B']]);
  });

  it('counts until every endpoint was seen without it, over the time of settle', () => {
    const gone = looked(there, 'nothing', seen(NOW + 60));
    const once = looked(gone, 'nothing', seen(NOW + 90));
    expect(loaded(once)).toEqual(['B']);
    expect(loaded(looked(once, 'nothing', seen(NOW + 118, NOW + 118)))).toEqual(['B']);
    expect(loaded(looked(once, 'nothing', seen(NOW + 121)))).toEqual([]);
  });

  it('counts until a deployment is acknowledged where no handshake can show it (rule 17)', () => {
    const behind = (acknowledgedAt: number): Looks => ({
      ...seen(NOW + 900, Infinity),
      acknowledgedAt,
    });
    const gone = looked(there, C, behind(NOW - 1));
    expect(loaded(looked(gone, C, behind(NOW - 1)))).toEqual(['B']);
    expect(loaded(looked(gone, C, behind(NOW + 1)))).toEqual([]);
  });

  it('is the one at the target again when it is placed there again', () => {
    const gone = looked(there, 'nothing', silent(NOW + 60));
    const again = looked(gone, B, silent(NOW + 90));
    expect(Object.keys(again.placed ?? {})).toEqual(['one']);
  });

  it('is not remembered twice when it is one of a generation that counts anyway', () => {
    const own = looked(live, A, silent(NOW));
    expect(loaded(looked(own, C, silent(NOW + 60)))).toEqual([]);
  });
});

describe('a path that is not configured any more is given up', () => {
  const left = after(live, [NOW, { one: B }], [NOW + 5, { two: A }]);
  const renewed = (dates: Partial<Generation>, tookAt: readonly number[] = []): string[] => {
    const { provenAt: _not, ...next } = generation(2, 'live', C);
    const generations = [...left.generations, { ...next, ...dates }];
    const all = tookAt.map((at, index) => [index, { label: '', took: 2, tookAt: at }] as const);
    const known = { ...left, generations, targets: Object.fromEntries(all) };
    return names(after(known, [NOW + 900, { two: C }]));
  };
  const proven = { deployedAt: NOW + 11, provenAt: NOW + 80 };
  it('when every endpoint presents what was placed for the first time while it was there', () => {
    expect(renewed({ ...proven, deployBegunAt: NOW + 10 })).toEqual(['C']);
    expect(renewed({ ...proven, deployBegunAt: NOW + 2 })).toEqual(['C']);
  });
  it('not while that is not proven', () => {
    expect(renewed({ deployBegunAt: NOW + 10, deployedAt: NOW + 11 })).toEqual(['C', 'B']);
  });
  it('not by a chain that may have been there before it', () => {
    expect(renewed({ ...proven, deployBegunAt: NOW - 9 })).toEqual(['C', 'B']);
  });
  it('when all targets took it anew while it was there, and it was proven then', () => {
    const before = { ...proven, deployBegunAt: NOW - 9 };
    expect(renewed(before, [NOW + 10, NOW + 11])).toEqual(['C']);
    expect(renewed(before, [NOW + 10, NOW - 1])).toEqual(['C', 'B']);
    expect(renewed(before, [NOW + 10, NOW + 81])).toEqual(['C', 'B']);
    expect(renewed({ ...before, number: 3 }, [NOW + 10])).toEqual(['C', 'B']);
  });
  it('and the newest of many are kept', () => {
    const many = Array.from({ length: 40 }, (_, at) => {
      return [NOW + at, { [`path ${at}`]: chain(`X${at}`) }] as const;
    });
    const kept = names(after(live, ...many, [NOW + 99, {}]));
    expect(kept).toHaveLength(16);
    expect(kept).toContain('X39');
  });
});
