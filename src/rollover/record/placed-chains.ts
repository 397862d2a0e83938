// What lies where services load their files, beside the live generation: a service may load it at
// its next start (the laws, rule 15). What was read at a place stays known while its target cannot
// be read, and after the configuration names it no more: the service may go on reading there.
import type { Instant } from '../../base/clock.ts';
import type { Chain } from '../../dane/chain.ts';
import { sameLeaf } from '../../dane/chain.ts';
import { isProven, liveGeneration } from '../model.ts';
import type { Lineage, PlacedMemory } from '../model.ts';

/** Somebody who moves targets all day fills no state. */
const MOST_LEFT = 16;

/** What one target said of the places where it looks. */
export interface TargetRead {
  readonly target: string;
  readonly places: readonly string[];
  /** By place; undefined: they could not be read now. */
  readonly chains?: ReadonlyMap<string, Chain>;
}

/** @returns by place */
export function recordPlaced(
  lineage: Lineage,
  reads: readonly TargetRead[],
  now: Instant,
): Readonly<Record<string, PlacedMemory>> {
  const live = liveGeneration(lineage)?.chain;
  const after = new Map<string, PlacedMemory>();
  const left: [string, Required<PlacedMemory>][] = [];
  const isRead = new Set(reads.flatMap(({ chains, places }) => (chains ? places : [])));
  const isUnread = new Set(reads.flatMap(({ chains, target }) => (chains ? [] : target)));
  for (const [place, one] of Object.entries(lineage.placed ?? {})) {
    if (isRead.has(place)) continue;
    const { target, chain, leftAt = now } = one;
    if (isUnread.has(target)) after.set(place, { target, chain });
    else if (!isOvertaken(leftAt, lineage)) left.push([place, { target, chain, leftAt }]);
  }
  for (const { target, chains = [] } of reads) {
    for (const [place, chain] of chains) {
      if (live === undefined || !sameLeaf(chain, live)) after.set(place, { target, chain });
    }
  }
  left.sort(([, a], [, b]) => b.leftAt - a.leftAt);
  return Object.fromEntries([...after, ...left.slice(0, MOST_LEFT)]);
}

/**
 * Every endpoint was seen to present a generation that was placed for the first time after that,
 * and so nowhere else than where they read now.
 */
function isOvertaken(leftAt: Instant, { generations }: Lineage): boolean {
  return generations.some((one) => (one.deployBegunAt ?? -Infinity) >= leftAt && isProven(one));
}

/** Every chain beside the live one that lies at a target, or did when it was read last. */
export function chainsOf({ placed = {} }: Pick<Lineage, 'placed'>): Chain[] {
  return Object.values(placed).map(({ chain }) => chain);
}
