// Which chains may be live at each endpoint (rules 14-17). Pure bookkeeping over handshakes.
import type { Instant, Moment, Seconds } from '../../base/clock.ts';
import { defined } from '../../base/defined.ts';
import type { Chain } from '../../dane/chain.ts';
import type { KeyAlgorithm } from '../../dane/key-algorithm.ts';
import type { Fqdn } from '../../dns/name.ts';
import type { Policy } from '../model.ts';
import { wayLife } from './superseded-paths.ts';

/**
 * In place of a chain: the endpoint answers, but offers no TLS. It satisfies only an absent RRset.
 */
export const NO_TLS = 'no-tls';

export interface Sighting {
  /** Chain id, or NO_TLS. */
  readonly chain: string;
  readonly algorithm: KeyAlgorithm;
  readonly seenAt: Instant;
  /** The first of the consecutive observations that showed it. */
  readonly since?: Instant;
  /** First of the observations since `seenAt` that showed something else. */
  readonly missedSince?: Instant;
}

export interface EndpointMemory {
  readonly sightings: readonly Sighting[];
  /** The first time that it answered, as far as is remembered; absent: longer ago. */
  readonly metAt?: Instant;
  /** The last time that it answered. */
  readonly answeredAt?: Instant;
  /**
   * The last time that certificates of every kind were asked for, and the observation showed all of
   * them.
   */
  readonly completeAt?: Instant;
  readonly failure?: string;
  /** The first of the consecutive observations that failed. */
  readonly failingSince?: Instant;
  /**
   * This machine cannot reach it: it is assumed to present the same as the other addresses of the
   * service.
   */
  readonly noRoute?: boolean;
  /** When DNS last named it, and the longest TTL with which it did. */
  readonly namedAt?: Instant;
  readonly ttl?: Seconds;
}

/** The canonical name of a service's host, from the last look-up. */
export interface Base {
  readonly host: Fqdn;
  readonly namedAt: Instant;
  /** The longest of the CNAME records that led to it. */
  readonly ttl: Seconds;
}

export interface ServiceHistory {
  readonly schema: 1;
  readonly id: string;
  /** When this was stored, to detect later whether the clock was set. */
  readonly savedAt?: Moment;
  /** By address. */
  readonly endpoints: Readonly<Record<string, EndpointMemory>>;
  /** Every chain named in an observation. */
  readonly chains: Readonly<Record<string, Chain>>;
  /** Addresses that are ignored while they are silent: set by the operator (rule 11). */
  readonly forgotten?: readonly string[];
  /**
   * Their earlier chains: these count again when they answer, because a process may still present
   * them.
   */
  readonly setAside?: Readonly<Record<string, EndpointMemory>>;
  /** DNS names no address since then. */
  readonly unnamedSince?: Instant;
  /** Canonical names of the host, which is an alias. */
  readonly bases?: readonly Base[];
  /** Since when the servers of its zone return no address of the host, which had some. */
  readonly addressless?: Instant;
  /** When it became known again: its document was lost after something had been deployed there. */
  readonly anewAt?: Instant;
}

/** What the handshakes of one observation of one endpoint showed. */
export interface EndpointLook {
  readonly address: string;
  readonly met: readonly {
    readonly algorithm: KeyAlgorithm;
    /** A chain; NO_TLS; absent: it has no certificate of this algorithm. */
    readonly chain?: Chain | typeof NO_TLS;
  }[];
  /** Certificates of every kind were asked for. */
  readonly complete?: true;
  /**
   * Kinds whose known chains were not shown while handshakes failed: that does not prove that they
   * are gone.
   */
  readonly unsure?: readonly KeyAlgorithm[];
  /** Why nothing could be observed. */
  readonly failure?: string;
  /** Nothing could be observed because this machine cannot send to it. */
  readonly noRoute?: boolean;
  /** Of the address record; absent: DNS does not name it any more, or could not be asked. */
  readonly ttl?: Seconds;
}

/** Whether clients may still know an address that DNS does not name any more (rule 12). */
export function mayBeAsked(
  { namedAt, ttl }: EndpointMemory,
  policy: Pick<Policy, 'ttlFactor' | 'margin'>,
  now: Instant,
): boolean {
  return namedAt !== undefined && now < namedAt + wayLife(ttl ?? 0, policy);
}

export function newServiceHistory(id: string): ServiceHistory {
  return { schema: 1, id, endpoints: {}, chains: {} };
}

function nameOf(chain: Chain | typeof NO_TLS): string {
  return chain === NO_TLS ? NO_TLS : chain.id;
}

function recordLook(
  before: EndpointMemory | undefined,
  look: EndpointLook,
  settle: Seconds,
  now: Instant,
): EndpointMemory {
  if (look.met.length === 0) {
    // It keeps the chains that it was last known to serve (rule 16).
    const failingSince = before?.failure === undefined ? now : (before.failingSince ?? now);
    return { sightings: [], ...before, failure: look.failure ?? 'silent', failingSince };
  }
  const sightings: Sighting[] = [];
  const asked = new Set(look.met.map(({ algorithm }) => algorithm));
  for (const old of before?.sightings ?? []) {
    const again = look.met.some(
      ({ algorithm, chain }) =>
        algorithm === old.algorithm && chain !== undefined && nameOf(chain) === old.chain,
    );
    if (again || !asked.has(old.algorithm) || look.unsure?.includes(old.algorithm) === true) {
      if (!again) sightings.push(old);
      continue;
    }
    // A chain is removed only when observations spread over `settle` did not show it (rule 14).
    const missedSince = old.missedSince ?? now;
    if (now - missedSince < settle) sightings.push({ ...old, missedSince });
  }
  for (const { algorithm, chain } of look.met) {
    if (chain === undefined) continue;
    const name = nameOf(chain);
    if (!sightings.some((item) => item.chain === name && item.algorithm === algorithm)) {
      const old = before?.sightings.find(
        (one) => one.chain === name && one.algorithm === algorithm,
      );
      const since = old === undefined ? now : (old.since ?? old.seenAt);
      sightings.push({ chain: name, algorithm, seenAt: now, since });
    }
  }
  const completeAt = look.complete === true ? now : before?.completeAt;
  const metAt = before?.answeredAt === undefined ? now : before.metAt;
  return { sightings, answeredAt: now, ...defined({ metAt, completeAt }) };
}

/** The other addresses of the service count for one that only this machine cannot reach. */
function spokenFor(look: EndpointLook, looks: readonly EndpointLook[]): EndpointLook {
  const met = look.noRoute === true ? looks.flatMap((other) => other.met) : [];
  return met.length === 0 ? look : { address: look.address, met };
}

function named(
  before: EndpointMemory | undefined,
  { ttl }: EndpointLook,
  now: Instant,
): Pick<EndpointMemory, 'namedAt' | 'ttl'> {
  if (ttl !== undefined) return { namedAt: now, ttl: Math.max(ttl, before?.ttl ?? 0) };
  const { namedAt } = before ?? {};
  return namedAt === undefined ? {} : { namedAt, ttl: before?.ttl ?? 0 };
}

/** Adds one observation of every endpoint. An address that is not observed any more is removed. */
export function recordLooks(
  before: ServiceHistory,
  looks: readonly EndpointLook[],
  settle: Seconds,
  now: Instant,
): ServiceHistory {
  const endpoints: Record<string, EndpointMemory> = {};
  for (const look of looks) {
    if (look.met.length === 0 && before.forgotten?.includes(look.address)) continue;
    const known = before.endpoints[look.address] ?? before.setAside?.[look.address];
    endpoints[look.address] = {
      ...recordLook(known, spokenFor(look, looks), settle, now),
      ...(look.noRoute === true ? { noRoute: true } : {}),
      ...named(known, look, now),
    };
  }
  const forgotten = (before.forgotten ?? []).filter((address) => endpoints[address] === undefined);
  const setAside = Object.fromEntries(
    Object.entries(before.setAside ?? {}).filter(([address]) => forgotten.includes(address)),
  );
  const chains: Record<string, Chain> = {};
  const met = looks.flatMap(({ met }) => met.flatMap(({ chain }) => chain ?? []));
  for (const endpoint of [...Object.values(endpoints), ...Object.values(setAside)]) {
    for (const { chain: id } of endpoint.sightings) {
      const chain =
        before.chains[id] ?? met.find((item): item is Chain => item !== NO_TLS && item.id === id);
      if (chain !== undefined) chains[id] = chain;
    }
  }
  return {
    schema: 1,
    id: before.id,
    endpoints,
    chains,
    ...(forgotten.length === 0 ? {} : { forgotten }),
    ...(Object.keys(setAside).length === 0 ? {} : { setAside }),
    ...(before.anewAt === undefined ? {} : { anewAt: before.anewAt }),
    ...(before.bases === undefined ? {} : { bases: before.bases }),
    ...(before.addressless === undefined ? {} : { addressless: before.addressless }),
    ...(looks.length > 0 ? {} : { unnamedSince: before.unnamedSince ?? now }),
  };
}

/** A silent endpoint is ignored until it answers. */
export function forgetEndpoint(history: ServiceHistory, address: string): ServiceHistory {
  const { [address]: gone, ...endpoints } = history.endpoints;
  return {
    ...history,
    endpoints,
    forgotten: [...(history.forgotten ?? []), address],
    ...(gone === undefined ? {} : { setAside: { ...history.setAside, [address]: gone } }),
  };
}
