// The law of deploying, asked for every service of a certificate at once.
import { formatInstant } from '../../../base/clock.ts';
import type { Instant } from '../../../base/clock.ts';
import type { Chain } from '../../../dane/chain.ts';
import type { Fqdn } from '../../../dns/name.ts';
import { withBases } from '../../law/base-domains.ts';
import { replaceableAt } from '../../law/dual-algorithm.ts';
import { needsPerson } from '../../decision.ts';
import type { Reason } from '../../reasons.ts';
import type { Facts } from '../../law/facts.ts';
import { daneOwners, ownersOf } from '../../law/facts.ts';
import { guards } from './guards.ts';
import { breachOfDeploying } from '../../law/laws.ts';
import type { EndpointLive } from '../../law/laws.ts';
import type { Intent } from '../../model.ts';
import { notOursToWrite, outOfReach } from '../records/unsuppliable.ts';
import { serversAreSilent, stillServed } from '../../law/overdue.ts';
import { silence, unnamed } from './silent-endpoint.ts';
import { nextAt } from '../../law/pkix-trust.ts';
import {
  cachedUntil,
  cachedVersions,
  newestVersion,
  servedBy,
  silentAt,
} from '../../record/versions.ts';
import type { OwnerHistory, Version } from '../../record/owner-history.ts';

export interface Deployability {
  readonly allowed: boolean;
  /** Waiting cannot help. */
  readonly person: boolean;
  /** Earliest time at which the law can allow it; Infinity while that depends on somebody's act. */
  readonly until: Instant;
  readonly reasons: readonly Reason[];
}

/**
 * Whether `chain` may go live on every service of the intent now, and if not, why and until when.
 */
export function deployability(
  chain: Chain,
  intent: Intent,
  facts: Facts,
  now: Instant,
): Deployability {
  const barred = guards(chain, intent, facts.lineage, now);
  if (barred.length > 0) {
    const until = Math.max(...barred.map((reason) => reason.until ?? Infinity));
    return { allowed: false, person: !Number.isFinite(until), until, reasons: barred };
  }
  const judged = withBases(intent, facts.services);
  const owners = daneOwners(judged);
  const verdicts = owners.map((owner) => verdictAt(owner, chain, judged, intent, facts, now));
  const until = Math.max(now, ...verdicts.map((verdict) => verdict.until));
  const reasons = [
    ...verdicts.flatMap((verdict) => verdict.reasons),
    ...signaturesToRenew(owners, facts, now, until),
  ];
  const person = verdicts.some((verdict) => verdict.person);
  return { allowed: until <= now && reasons.length === 0, person, until, reasons };
}

/** `judged`: the intent with the names behind aliases of its hosts. */
function verdictAt(
  owner: Fqdn,
  chain: Chain,
  judged: Intent,
  intent: Intent,
  facts: Facts,
  now: Instant,
): Omit<Deployability, 'allowed'> {
  const history = facts.owners[owner];
  const isBase = !ownersOf(intent).includes(owner);
  // Behind an alias only what validates counts; else clients stay with the name of the service.
  if (history === undefined || (isBase && history.security !== 'secure')) {
    return { person: false, until: now, reasons: [] };
  }
  const newest = newestVersion(history);
  const current = newest?.content ?? [];
  const endpoints = replaceableAt(owner, judged, facts);
  const refused = refusing(chain, history, endpoints, intent, facts, now);
  // The version that lasts longest says it all; the others end before it.
  const [longest] = refused;
  const end = longest === undefined ? now : cachedUntil(longest, intent.policy);
  const open = [
    ...(newest === undefined ? [serversAreSilent(owner, history, now)] : []),
    ...neverSeen(endpoints, facts, now),
    ...unsigned(owner, history),
  ];
  const until = open.length > 0 ? Infinity : end;
  // What the newest zone has, only time can bring to the others.
  const isRefusedByNewest = refused.some(({ key }) => key === newest?.key);
  const lost = isBase
    ? isRefusedByNewest
      ? notOursToWrite(owner, chain, current, judged, intent.policy)
      : undefined
    : outOfReach(owner, current, endpoints, chain, intent, facts, now);
  const person = (lost !== undefined && until === Infinity) || needsPerson(open);
  const reasons = [
    ...open,
    ...(longest === undefined ? [] : [explain(intent, owner, history, longest, end, now)]),
    ...(lost !== undefined && until === Infinity ? [lost] : []),
  ];
  return { person, until, reasons };
}

function neverSeen(endpoints: readonly EndpointLive[], facts: Facts, now: Instant): Reason[] {
  return endpoints
    .filter(({ live }) => live.length === 0)
    .map(({ service, address }) => {
      const { endpoints: known = {}, unnamedSince } = facts.services[service.id] ?? {};
      const endpoint = known[address];
      return {
        rule: 'endpoint-is-known',
        because: `${service.id} at ${address} was never seen: ${endpoint?.failure ?? 'no handshake yet'}`,
        ...(endpoint === undefined ? unnamed(unnamedSince, now) : silence({ endpoint }, now)),
      };
    });
}

function unsigned(owner: Fqdn, { addresses }: OwnerHistory): Reason[] {
  const mute = Object.values(addresses).find((memory) => memory.unsigned);
  if (mute === undefined) return [];
  const because = `${mute.server} serves ${owner} without signatures`;
  return [{ rule: 'every-server-signs', because }];
}

/** Signatures that end before the wait does: a zone that is bogus by then allows no step. */
function signaturesToRenew(
  owners: readonly Fqdn[],
  facts: Facts,
  now: Instant,
  until: Instant,
): Reason[] {
  return owners.flatMap((owner) => {
    const history = facts.owners[owner];
    const end = (history && newestVersion(history)?.signedUntil) ?? Infinity;
    if (!Number.isFinite(until) || until <= now || end >= until) return [];
    const because = `the signatures over ${owner} end at ${formatInstant(end)}, before that, and are to be renewed until then`;
    return [{ rule: 'signatures-last', because, until: end }];
  });
}

/** The cached versions that stand against the chain, the one that lasts longest first. */
function refusing(
  chain: Chain,
  history: OwnerHistory,
  endpoints: readonly EndpointLive[],
  intent: Intent,
  facts: Facts,
  now: Instant,
): Version[] {
  const end = (version: Version): Instant => cachedUntil(version, intent.policy);
  return cachedVersions(history, intent.policy, now)
    .filter((version) =>
      endpoints.some(
        (endpoint) =>
          breachOfDeploying(
            nextAt(chain, endpoint, facts),
            version,
            endpoint,
            now,
            end(version),
          ) !== undefined,
      ),
    )
    .sort((a, b) => (end(a) === end(b) ? 0 : end(b) - end(a)));
}

function explain(
  { name }: Intent,
  owner: string,
  history: OwnerHistory,
  version: Version,
  end: Instant,
  now: Instant,
): Reason {
  const what = version.unknown
    ? 'an RRset from before the first look'
    : version.content.length === 0
      ? 'the absence of records'
      : `the RRset without the staged chain's record`;
  if (!Number.isFinite(end)) {
    const servers = servedBy(history, version);
    const silent = silentAt(history, version);
    const where =
      servers.length > 0 ? servers.join(', ') : 'a write that is not seen everywhere yet';
    return {
      rule: 'cached-nowhere',
      because: `${what} at ${owner} is still served by ${where}`,
      ...stillServed(history, version, now),
      ...(silent === undefined
        ? {}
        : {
            hint: `if ${silent} is gone for good, take it out of the NS records, or say so with holger forget ${name} ${silent}: what it still serves is then not waited for`,
          }),
    };
  }
  const because = `${what} at ${owner} (TTL ${version.ttl}) may be cached until ${formatInstant(end)}`;
  return { rule: 'cached-nowhere', because, until: end };
}
