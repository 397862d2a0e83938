// The chains in files that services load: a service may load them at its next start (rule 15). A
// chain stays known while its target cannot be read, and after the configuration does not name the
// place any more: the service may still read there. One that was replaced or removed by others may
// have been loaded before, so it stays known until every endpoint was seen without it (rule 14).
import type { Instant, Seconds } from '../../base/clock.ts';
import type { Chain } from '../../dane/chain.ts';
import { sameLeaf } from '../../dane/chain.ts';
import { isProven } from '../model.ts';
import type { Lineage } from '../model.ts';
import type { PlacedMemory } from '../targets.ts';

/** A limit, so that frequent moves of targets do not fill the state. */
const MOST_LEFT = 16;

/** What one target reported of its places. */
export interface TargetRead {
  readonly target: string;
  readonly places: readonly string[];
  /** By place; undefined: they could not be read now. */
  readonly chains?: ReadonlyMap<string, Chain>;
}

export interface Looks {
  readonly now: Instant;
  /** The earliest of the last answers of all endpoints; -Infinity: one does not answer. */
  readonly answeredAt: Instant;
  /**
   * The last deployment that was acknowledged, if it is the evidence for a service (rule 17); else
   * Infinity.
   */
  readonly acknowledgedAt: Instant;
  readonly settle: Seconds;
}

/** @returns by place */
export function recordPlaced(
  lineage: Lineage,
  reads: readonly TargetRead[],
  looks: Looks,
): Readonly<Record<string, PlacedMemory>> {
  const before = Object.entries(lineage.placed ?? {});
  const lying = before.filter(([, { goneAt }]) => goneAt === undefined);
  const isRead = new Set(reads.flatMap(({ chains, places }) => (chains ? places : [])));
  const isUnread = new Set(reads.flatMap(({ chains, target }) => (chains ? [] : target)));
  const known = lying.filter(([place]) => !isRead.has(place));
  const unread = known.filter(([, { target }]) => isUnread.has(target));
  const left = known
    .filter(([, one]) => !isUnread.has(one.target) && !isOvertaken(one, lineage))
    .sort(([, a], [, b]) => b.since - a.since);
  const now = reads.flatMap((read) => readNow(read, lineage, looks.now));
  const gone = [
    ...before.flatMap(([, one]) => (one.goneAt === undefined ? [] : one)),
    ...lying.flatMap(([place, one]) => (isRead.has(place) ? { ...one, goneAt: looks.now } : [])),
  ].filter(({ chain }) => !now.some(([, lies]) => sameLeaf(lies.chain, chain)));
  return Object.fromEntries([
    ...now,
    ...unread,
    ...left.slice(0, MOST_LEFT),
    ...stillLoaded(gone, lineage, looks).slice(0, MOST_LEFT),
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

/** Chains that lie nowhere any more, and that a service may present all the same. */
function stillLoaded(
  gone: readonly PlacedMemory[],
  lineage: Lineage,
  { answeredAt, acknowledgedAt, settle }: Looks,
): [string, PlacedMemory][] {
  const counted = begun(lineage);
  return gone
    .filter(({ chain }) => !counted.some((one) => sameLeaf(one, chain)))
    .sort((a, b) => (b.goneAt ?? 0) - (a.goneAt ?? 0))
    .flatMap((one) => {
      const isMissed = answeredAt >= (one.goneAt ?? -Infinity);
      const missedSince = one.missedSince ?? (isMissed ? answeredAt : undefined);
      if (missedSince === undefined) return [[keyOf(one), one]];
      // Like a chain that a handshake met (service-history.ts).
      const isOver = answeredAt >= missedSince + settle && acknowledgedAt >= one.since;
      if (isOver) return [];
      return [[keyOf(one), { ...one, missedSince }]];
    });
}

/** No path is like it. */
const keyOf = ({ chain }: PlacedMemory): string => `gone ${chain.id}`;

/**
 * Chains of generations whose placing has begun and is not overtaken by a proof yet: any of them
 * may be loaded.
 */
export function begun(lineage: Lineage): Chain[] {
  const placed = lineage.generations.filter(({ deployBegunAt }) => deployBegunAt !== undefined);
  const lastProven = placed.findLastIndex(({ provenAt }) => provenAt !== undefined);
  return placed.slice(Math.max(lastProven, 0)).flatMap(({ chain }) => chain ?? []);
}

/**
 * Every endpoint was seen to present a generation that all targets took while this chain was there:
 * no service reads there.
 */
function isOvertaken({ since }: PlacedMemory, { generations, targets = {} }: Lineage): boolean {
  const taken = Object.values(targets);
  return generations.some((one) => {
    if (!isProven(one)) return false;
    const { number, deployBegunAt = -Infinity, provenAt = -Infinity } = one;
    // A generation that was live before, and whose files were placed anew: the state was lost.
    const isAnew =
      taken.length > 0 &&
      taken.every(
        ({ took, tookAt = -Infinity }) => took === number && tookAt >= since && tookAt <= provenAt,
      );
    return deployBegunAt >= since || isAnew;
  });
}

/** Every chain that is at a target, or was when it was last read. */
export function chainsOf({ placed = {} }: Pick<Lineage, 'placed'>): Chain[] {
  return Object.values(placed).flatMap(({ chain, goneAt }) => (goneAt === undefined ? chain : []));
}

/** Every chain that lies at no target any more, and that a service may have loaded there. */
export function goneChainsOf({ placed = {} }: Pick<Lineage, 'placed'>): Chain[] {
  return Object.values(placed).flatMap(({ chain, goneAt }) => (goneAt === undefined ? [] : chain));
}
