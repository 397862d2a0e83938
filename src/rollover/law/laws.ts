// The two laws, as pure functions over data.
//
// Law of publishing: an RRset may be written only if every chain that may be live at the owner
// satisfies it. Law of deploying: a chain may go live on a service only if it satisfies every
// version that may still be cached for its owner.
//
// If some clients fail already, neither law can hold strictly; then no client may lose. For each
// endpoint, each chain it may present and each version: with F2 the combinations that fail
// afterwards, C1 those present before, G1 and G2 those matched before and after, a step is lawful
// if and only if F2 is empty, or F2 ⊆ C1 and G1 ⊆ G2. This is equivalent to: no client loses,
// whatever set of combinations it supports (RFC 7671 §8.4 is why each combination counts by
// itself).
import type { Instant } from '../../base/clock.ts';
import type { Chain } from '../../dane/chain.ts';
import { matchedCombinations } from '../../dane/match.ts';
import type { Window } from '../../dane/path.ts';
import { pkixPath } from '../../dane/pkix.ts';
import type { TrustedIssuers } from '../../dane/pkix.ts';
import type { Combination, Tlsa } from '../../dane/tlsa.ts';
import type { ServiceIntent } from '../model.ts';
import { NO_TLS } from '../record/service-history.ts';

/** What an endpoint may present: a chain, no TLS at all, or unknown. */
export type Live = Chain | typeof NO_TLS;

/**
 * Records of any kind make TLS mandatory, usable or not (RFC 7672 §2.2); TLS is treated as a
 * combination of its own.
 */
const TLS = 'tls';

/** The combinations in an RRset, and those that a chain satisfies. */
export interface Judgement {
  readonly present: ReadonlySet<Combination | typeof TLS>;
  readonly matched: ReadonlySet<Combination | typeof TLS>;
  /** Some record matches the chain. */
  readonly matchesRecord: boolean;
}

const NOTHING: Judgement = { present: new Set(), matched: new Set(), matchesRecord: false };

/** What clients of a service check, besides the records. */
export interface Clientele {
  readonly service: ServiceIntent;
  /** Usages 0 and 1 are checked against it, except on SMTP, where they are unusable (rule 4). */
  readonly trusted: TrustedIssuers;
}

/**
 * One chain against one RRset. Dates and names count if the usage requires them, over the whole
 * window: a version that may be cached until Thursday must be satisfied until Thursday.
 */
export function judge(
  live: Live,
  records: readonly Tlsa[],
  { service, trusted }: Clientele,
  { at, until }: Window,
): Judgement {
  if (records.length === 0) return NOTHING;
  if (live === NO_TLS) {
    const present = new Set([TLS, ...records.map(({ combination }) => combination)] as const);
    return { present, matched: new Set(), matchesRecord: false };
  }
  const { present, matched } = matchedCombinations(records, live, {
    names: service.names,
    smtpLike: service.smtpLike,
    at,
    validUntil: until,
    pkix: (chain, window) => pkixPath(chain, trusted, window),
  });
  return {
    present: new Set([TLS, ...present]),
    matched: new Set([TLS, ...matched]),
    matchesRecord: matched.size > 0,
  };
}

function failing({ present, matched }: Judgement): (Combination | typeof TLS)[] {
  return [...present].filter((combination) => !matched.has(combination));
}

/** The combinations of records that the judged chain fails. */
export function failed(judgement: Judgement): Combination[] {
  return failing(judgement).filter((combination) => combination !== TLS);
}

/**
 * Whether no client loses by the step from `before` to `after`; undefined `before`: unknown, so
 * only the strict law counts.
 */
export function nobodyLoses(before: Judgement | undefined, after: Judgement): boolean {
  const failures = failing(after);
  if (failures.length === 0) return true;
  if (before === undefined) return false;
  return (
    failures.every((combination) => before.present.has(combination)) &&
    [...before.matched].every((combination) => after.matched.has(combination))
  );
}

/** Everything that may be live at one endpoint. */
export interface EndpointLive extends Clientele {
  readonly address: string;
  readonly live: readonly Live[];
  /**
   * It is silent now: `live` is from earlier observations, and a failure at that time does not
   * excuse one today (rules 5 and 16).
   */
  readonly stale?: true;
  /** When it answered for the first time since the memory of its service was lost. */
  readonly metAnewAt?: Instant;
}

export interface Breach {
  readonly service: string;
  readonly address: string;
  /** What would fail; undefined: it is not known what is presented there. */
  readonly live: Live | undefined;
  readonly combinations: readonly Combination[];
}

function breach(endpoint: EndpointLive, live: Live, after: Judgement): Breach {
  return {
    service: endpoint.service.id,
    address: endpoint.address,
    live,
    combinations: failed(after),
  };
}

/** An RRset and the one that is to replace it. */
interface Change {
  readonly from: readonly Tlsa[];
  readonly to: readonly Tlsa[];
}

/**
 * The law of publishing. The window ends when no cache can hold the new version any more. An
 * endpoint about which nothing is known allows only additions within combinations that are already
 * present (rule 16).
 */
export function breachesOfPublishing(
  { from, to }: Change,
  endpoints: readonly EndpointLive[],
  { at, until }: Window,
): Breach[] {
  const breaches: Breach[] = [];
  for (const endpoint of endpoints) {
    if (endpoint.live.length === 0) {
      const combinations = newCombinations(from, to);
      const withdrawn = from.some((record) => !to.includes(record)) && to.length > 0;
      if (combinations.length > 0 || withdrawn) {
        const { service, address } = endpoint;
        breaches.push({ service: service.id, address, live: undefined, combinations });
      }
    }
    // More records of combinations that are already present harm no client, whatever is presented.
    const harmless =
      from.every((record) => to.includes(record)) && newCombinations(from, to).length === 0;
    for (const live of endpoint.live) {
      for (const time of timesOf(live, at)) {
        const window = { at: time, until: Math.max(time, until) };
        const before = judge(live, from, endpoint, window);
        const after = judge(live, to, endpoint, window);
        const excused = endpoint.stale === undefined || harmless ? before : undefined;
        if (nobodyLoses(excused, after)) continue;
        breaches.push(breach(endpoint, live, after));
        break;
      }
    }
  }
  return breaches;
}

/**
 * A certificate that is presented and not valid yet may be valid for clients if our clock is slow,
 * and will soon be valid for all of them: what it needs then must not be removed now.
 */
function timesOf(live: Live, at: Instant): readonly Instant[] {
  if (live === NO_TLS) return [at];
  const begins = Math.max(...live.certificates.map(({ notBefore }) => notBefore));
  return begins > at ? [at, begins] : [at];
}

function newCombinations(from: readonly Tlsa[], to: readonly Tlsa[]): Combination[] {
  const of = (records: readonly Tlsa[]): Set<Combination> =>
    new Set(records.map(({ combination }) => combination));
  const before = of(from);
  return [...of(to)].filter((combination) => !before.has(combination));
}

/**
 * The law of deploying: `next` on one endpoint against one version that is cached in the window.
 * The window may have no end, for a version that is still served; dates are then checked as of now,
 * and again at the next check.
 */
export function breachOfDeploying(
  next: Chain,
  version: { readonly records: readonly Tlsa[]; readonly unknown: boolean },
  endpoint: EndpointLive,
  cached: Window,
): Breach | undefined {
  // An unknown version is satisfied only by the identical chain that is already live (rule 10).
  if (version.unknown) {
    const identical =
      endpoint.live.length > 0 &&
      endpoint.live.every((live) => live !== NO_TLS && live.id === next.id);
    const { service, address } = endpoint;
    return identical ? undefined : { service: service.id, address, live: next, combinations: [] };
  }
  const from = (at: Instant): Window => ({
    at,
    until: Number.isFinite(cached.until) ? Math.max(at, cached.until) : at,
  });
  const { records } = version;
  if (endpoint.live.length === 0 || endpoint.stale === true) {
    const after = judge(next, records, endpoint, from(cached.at));
    return nobodyLoses(undefined, after) ? undefined : breach(endpoint, next, after);
  }
  for (const live of endpoint.live) {
    for (const window of timesOf(live, cached.at).map(from)) {
      const after = judge(next, records, endpoint, window);
      const before = judge(live, records, endpoint, window);
      if (!nobodyLoses(before, after)) return breach(endpoint, next, after);
    }
  }
  return undefined;
}
