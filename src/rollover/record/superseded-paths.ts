// An alias that points elsewhere, a name server that left the zone, an address that left a host:
// caches use the old path for as long as its own TTL allows (rule 12).
import type { Instant, Seconds } from '../../base/clock.ts';
import type { AddressMemory, OwnerHistory, SweepFacts, Version } from './owner-history.ts';
import type { Policy } from '../model.ts';

type Stretch = Pick<Policy, 'ttlFactor' | 'margin'>;

/** How long the old path may be used after it was last served with this TTL. */
export function wayLife(ttl: Seconds, { ttlFactor, margin }: Stretch): Seconds {
  return ttlFactor * ttl + margin;
}

/**
 * The history at the start of a new canonical name: the RRset at the old one may be fetched until
 * the alias is out of the caches, and cached for its own TTL from then on. Everything else is
 * unknown there.
 */
export function movedTo(
  target: SweepFacts['target'],
  before: OwnerHistory | undefined,
): OwnerHistory | undefined {
  if (before === undefined || before.target === target) return before;
  const versions = before.versions.map(({ serial: _elsewhere, ...version }): Version => {
    if (version.endedAt !== undefined) return version;
    const key = `at ${before.target} ${version.key}`;
    return { ...version, key, ttl: version.ttl + (before.aliasTtl ?? 0) };
  });
  return { ...before, versions, addresses: {}, writes: [], ours: [] };
}

/** Servers that are no longer asked by holger, but may still be asked by others. */
export function serversThatLeft(
  before: OwnerHistory | undefined,
  sweep: SweepFacts,
  policy: Stretch,
): Readonly<Record<string, AddressMemory>> {
  const ttl = before?.serversTtl ?? 0;
  // The configuration names the servers, and takes effect at once.
  if (ttl === 0) return {};
  const now: Instant = sweep.receivedAt;
  const asked = new Set(sweep.observations.map(({ address }) => address));
  const left: Record<string, AddressMemory> = {};
  for (const [address, memory] of Object.entries(before?.addresses ?? {})) {
    if (asked.has(address) || before?.forgotten?.includes(address)) continue;
    const leftAt = memory.leftAt ?? now;
    if (now >= leftAt + wayLife(ttl, policy)) continue;
    const failure = 'it left the zone, and caches may not know yet';
    left[address] = { ...memory, leftAt, failure, silent: false };
  }
  return left;
}
