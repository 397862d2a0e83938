// Which versions of a TLSA RRset may still be cached somewhere (rules 6-11): questions to a
// history.
//
// A version is a content and a TTL; each has its own clock. It is servable while any authoritative
// address may still answer it, and its clock starts at the receipt of the first sweep in which no
// address may.
import { formatInstant } from '../../base/clock.ts';
import type { Instant, Seconds } from '../../base/clock.ts';
import { tlsaOf } from '../../dane/tlsa.ts';
import type { Combination, Tlsa } from '../../dane/tlsa.ts';
import { newerSerial } from '../../dns/serial.ts';
import type { OwnerHistory, Version } from './owner-history.ts';
import type { Policy } from '../model.ts';

/** Seconds by which a validator's clock may be behind ours when a signature expires. */
const CLOCK_SKEW = 300;

export function withEnd(version: Version, servable: ReadonlySet<string>, now: Instant): Version {
  const { endedAt, ...rest } = version;
  if (servable.has(version.key)) return rest;
  return { ...rest, endedAt: endedAt ?? now };
}

/** How long an answer with this TTL may live in a cache after it was last served. */
export function cacheLife(
  ttl: Seconds,
  policy: Pick<Policy, 'ttlFactor' | 'cacheFloor' | 'margin'>,
): Seconds {
  return Math.max(policy.ttlFactor * ttl, ttl + policy.cacheFloor) + policy.margin;
}

/** The instant after which no cache may hold this version; Infinity while it is servable. */
export function cachedUntil(version: Version, policy: Policy): Instant {
  if (version.endedAt === undefined) return Infinity;
  // The assumed lifetime of an unknown version is configured; it is not multiplied again.
  const life = version.unknown ? version.ttl : cacheLife(version.ttl, policy);
  const end = version.endedAt + life;
  return version.signedUntil === undefined ? end : Math.min(end, version.signedUntil + CLOCK_SKEW);
}

export function cachedVersions(
  history: OwnerHistory,
  policy: Policy,
  now: Instant,
): readonly Version[] {
  // When its signatures have expired no validator accepts it, so a server that is gone permanently
  // no longer delays anything.
  return history.versions.filter(
    (version) =>
      now < cachedUntil(version, policy) && now < (version.signedUntil ?? Infinity) + CLOCK_SKEW,
  );
}

/** Removes versions that no cache can hold any more, so that the document does not grow. */
export function forgetExpired(history: OwnerHistory, policy: Policy, now: Instant): OwnerHistory {
  const kept = new Set([
    newestVersion(history),
    ...heldVersions(history),
    ...cachedVersions(history, policy, now),
  ]);
  return { ...history, versions: history.versions.filter((version) => kept.has(version)) };
}

/**
 * When the signatures over the newest RRset expired, if they had when it was last observed: they
 * are not renewed.
 */
export function signaturesEnded(history: OwnerHistory): Instant | undefined {
  const end = newestVersion(history)?.signedUntil;
  return end !== undefined && end + CLOCK_SKEW <= history.sweptAt ? end : undefined;
}

/**
 * The newest RRset observed: what the primary most likely has, for the prerequisite of a write.
 * Undefined while only addresses answer that are known to be behind.
 */
export function newestVersion(history: OwnerHistory): Version | undefined {
  const serial = newestSerial(history);
  const newest = Object.values(history.addresses).find(
    (memory) => memory.failure === undefined && memory.serial === serial,
  );
  const key = serial === undefined ? undefined : newest?.mayServe[0];
  return history.versions.find((version) => version.key === key);
}

/** What the providers have, each version once: the starts of the next writes. */
export function heldVersions(history: OwnerHistory): readonly Version[] {
  const { held, versions } = history;
  if (held === undefined) return [newestVersion(history) ?? []].flat();
  return versions.filter((version) => held.some(({ key }) => key === version.key));
}

/** Of all addresses, also silent ones. */
export function newestSerial({ addresses }: OwnerHistory): number | undefined {
  let newest: number | undefined;
  for (const { serial, leftAt } of Object.values(addresses)) {
    if (serial === undefined || leftAt !== undefined) continue;
    newest = newerSerial(newest, serial);
  }
  return newest;
}

/** A server and its address in words; once, if it is known by its address alone. */
export function serverAt(server: string, address: string): string {
  return server === `${address}.` ? address : `${server} ${address}`;
}

/**
 * Addresses that may still serve this version, for explanations: "ns2.example.org. 2001:db8::53".
 */
export function servedBy(history: OwnerHistory, version: Version): readonly string[] {
  return Object.entries(history.addresses)
    .filter(([, { mayServe }]) => mayServe.includes(version.key))
    .map(([address, { server, failure, answeredAt }]) => {
      const where = serverAt(server, address);
      if (failure === undefined) return where;
      const since = answeredAt === undefined ? '' : `, last heard ${formatInstant(answeredAt)}`;
      return `${where} (${failure}${since})`;
    });
}

/** The first silent address that may still serve it. */
export function silentAt(history: OwnerHistory, version: Version): string | undefined {
  const silent = Object.entries(history.addresses).find(
    ([, { mayServe, silent: isSilent }]) => isSilent === true && mayServe.includes(version.key),
  );
  return silent?.[0];
}

/** A silent address is ignored until it answers: a version that only it may serve has ended. */
export function forgetAddress(history: OwnerHistory, address: string): OwnerHistory {
  const { [address]: _gone, ...addresses } = history.addresses;
  return { ...history, addresses, forgotten: [...(history.forgotten ?? []), address] };
}

/** Takes over the records of the newest RRset that a chain supplies. */
export function adoptRecords(
  history: OwnerHistory,
  supplies: (combination: Combination) => readonly Tlsa[],
): OwnerHistory {
  const adopted = (newestVersion(history)?.content ?? []).filter((rdata) => {
    const record = tlsaOf(rdata);
    return supplies(record.combination).includes(record);
  });
  return { ...history, ours: [...new Set([...history.ours, ...adopted])].sort() };
}
