// The chains in files that services load: a service may load them at its next start (rule 15). A
// chain stays known while its target cannot be read, and after the configuration does not name the
// place any more: the service may still read there.
import type { Instant } from '../../base/clock.ts';
import type { Chain } from '../../dane/chain.ts';
import { sameLeaf } from '../../dane/chain.ts';
import { isProven } from '../model.ts';
import type { Lineage, PlacedMemory } from '../model.ts';

/** A limit, so that frequent moves of targets do not fill the state. */
const MOST_LEFT = 16;

/** What one target reported of its places. */
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
  const before = lineage.placed ?? {};
  const isRead = new Set(reads.flatMap(({ chains, places }) => (chains ? places : [])));
  const isUnread = new Set(reads.flatMap(({ chains, target }) => (chains ? [] : target)));
  const known = Object.entries(before).filter(([place]) => !isRead.has(place));
  const unread = known.filter(([, { target }]) => isUnread.has(target));
  const left = known
    .filter(([, one]) => !isUnread.has(one.target) && !isOvertaken(one, lineage))
    .sort(([, a], [, b]) => b.since - a.since);
  return Object.fromEntries([
    ...reads.flatMap((read) => readNow(read, lineage, now)),
    ...unread,
    ...left.slice(0, MOST_LEFT),
  ]);
}

function readNow(
  { target, chains = new Map<string, Chain>() }: TargetRead,
  lineage: Lineage,
  now: Instant,
): [string, PlacedMemory][] {
  return [...chains].map(([place, chain]) => {
    const known = lineage.placed?.[place];
    const since = known !== undefined && sameLeaf(known.chain, chain) ? known.since : now;
    return [place, { target, chain, since }];
  });
}

/**
 * Every endpoint was seen to present a generation that was first placed while this chain was there:
 * no service reads there.
 */
function isOvertaken({ since }: PlacedMemory, { generations }: Lineage): boolean {
  return generations.some((one) => (one.deployBegunAt ?? -Infinity) >= since && isProven(one));
}

/** Every chain that is at a target, or was when it was last read. */
export function chainsOf({ placed = {} }: Pick<Lineage, 'placed'>): Chain[] {
  return Object.values(placed).map(({ chain }) => chain);
}
