// The law of deploying, for all services of a certificate together.
import { formatInstant } from '../../../base/clock.ts';
import type { Instant } from '../../../base/clock.ts';
import type { Chain } from '../../../dane/chain.ts';
import { tlsaOf } from '../../../dane/tlsa.ts';
import type { Fqdn } from '../../../dns/name.ts';
import { needsPerson } from '../../decision.ts';
import type { Reason } from '../../reasons.ts';
import { ownersOf } from '../../law/facts.ts';
import { guards } from './guards.ts';
import { justMet } from '../../law/just-met.ts';
import { breachOfDeploying } from '../../law/laws.ts';
import type { OwnerView } from '../../law/owner-view.ts';
import type { Situation } from '../../law/situation.ts';
import { notOursToWrite, outOfReach } from '../records/unsuppliable.ts';
import { serversAreSilent, stillServed } from '../../law/overdue.ts';
import { silence, unnamed } from './silent-endpoint.ts';
import { nextAt } from '../../law/pkix-trust.ts';
import { cachedUntil, cachedVersions, servedBy, silentAt } from '../../record/versions.ts';
import type { OwnerHistory, Version } from '../../record/owner-history.ts';

export interface Deployability {
  readonly allowed: boolean;
  /** Waiting cannot help. */
  readonly person: boolean;
  /** Earliest time at which the law can allow it; Infinity while that depends on an act. */
  readonly until: Instant;
  readonly reasons: readonly Reason[];
}

/**
 * Whether `chain` may go live on every service of the intent now, and if not, why and until when.
 */
export function deployability(chain: Chain, situation: Situation): Deployability {
  const barred = guards(chain, situation);
  if (barred.length > 0) {
    const until = Math.max(...barred.map((reason) => reason.until ?? Infinity));
    return { allowed: false, person: !Number.isFinite(until), until, reasons: barred };
  }
  const { now, behindAliases } = situation;
  const owners = behindAliases.daneOwners;
  const verdicts = owners.map((view) => verdictAt(view, chain, situation));
  const until = Math.max(now, ...verdicts.map((verdict) => verdict.until));
  const reasons = [
    ...verdicts.flatMap((verdict) => verdict.reasons),
    ...signaturesToRenew(owners, until),
  ];
  const person = verdicts.some((verdict) => verdict.person);
  return { allowed: until <= now && reasons.length === 0, person, until, reasons };
}

/** `view`: the owner for clients that follow aliases. */
function verdictAt(
  view: OwnerView,
  chain: Chain,
  situation: Situation,
): Omit<Deployability, 'allowed'> {
  const { owner, history, newest, now } = view;
  const isBase = !ownersOf(situation.intent).includes(owner);
  // Behind an alias only a validated answer counts; otherwise clients use the name of the service.
  if (history === undefined || (isBase && history.security !== 'secure')) {
    return { person: false, until: now, reasons: [] };
  }
  const refused = refusing(chain, view, history);
  // The version with the latest end decides; the others end before it.
  const [longest] = refused;
  const end = longest === undefined ? now : cachedUntil(longest, view.intent.policy);
  const open = [
    ...(newest === undefined ? [serversAreSilent(owner, history, now)] : []),
    ...neverSeen(view),
    ...unsigned(owner, history),
  ];
  const met = justMet(view.replaceable, view);
  const until = open.length > 0 ? Infinity : Math.max(end, ...met.map((each) => each.until));
  // What the newest zone has reaches the other servers only with time.
  const isRefusedByNewest = refused.some(({ key }) => key === newest?.key);
  const lost = isBase
    ? isRefusedByNewest
      ? notOursToWrite(view, chain)
      : undefined
    : outOfReach(situation.owner(owner), chain, view.replaceable);
  const person = (lost !== undefined && until === Infinity) || needsPerson(open);
  const reasons = [
    ...open,
    ...met.map((each): Reason => ({ rule: 'endpoint-is-known', ...each })),
    ...(longest === undefined ? [] : [explain(longest, view, history)]),
    ...(lost !== undefined && until === Infinity ? [lost] : []),
  ];
  return { person, until, reasons };
}

function neverSeen({ replaceable, facts, now }: OwnerView): Reason[] {
  return replaceable
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

/** Signatures that expire before the wait ends: a bogus zone would allow no step. */
function signaturesToRenew(owners: readonly OwnerView[], until: Instant): Reason[] {
  return owners.flatMap(({ owner, newest, now }) => {
    const end = newest?.signedUntil ?? Infinity;
    if (!Number.isFinite(until) || until <= now || end >= until) return [];
    const because =
      `the signatures over ${owner} expire at ${formatInstant(end)}, before that, and must ` +
      'be renewed until then';
    return [{ rule: 'signatures-last', because, until: end }];
  });
}

/** The cached versions that the chain does not satisfy, the one with the latest end first. */
function refusing(
  chain: Chain,
  { replaceable, facts, now, intent: { policy } }: OwnerView,
  history: OwnerHistory,
): Version[] {
  const end = (version: Version): Instant => cachedUntil(version, policy);
  return cachedVersions(history, policy, now)
    .filter((version) => {
      const seen = { records: version.content.map(tlsaOf), unknown: version.unknown };
      const cached = { at: now, until: end(version) };
      return replaceable.some((endpoint) => {
        const next = nextAt(chain, endpoint, facts);
        return breachOfDeploying(next, seen, endpoint, cached) !== undefined;
      });
    })
    .sort((a, b) => (end(a) === end(b) ? 0 : end(b) - end(a)));
}

function explain(
  version: Version,
  { owner, intent: { name, policy }, now }: OwnerView,
  history: OwnerHistory,
): Reason {
  const end = cachedUntil(version, policy);
  const what = version.unknown
    ? 'an RRset from before the first sweep'
    : version.content.length === 0
      ? 'the absence of records'
      : `the RRset without the staged chain's record`;
  if (!Number.isFinite(end)) {
    const servers = servedBy(history, version);
    const silent = silentAt(history, version);
    const where =
      servers.length > 0 ? servers.join(', ') : 'a write that is not served everywhere yet';
    return {
      rule: 'cached-nowhere',
      because: `${what} at ${owner} is still served by ${where}`,
      ...stillServed(history, version, now),
      ...(silent === undefined
        ? {}
        : {
            hint:
              `if ${silent} is gone permanently, remove it from the NS records, or run holger ` +
              `forget ${name} ${silent}: holger then does not wait for what it may serve`,
          }),
    };
  }
  const because = `${what} at ${owner} (TTL ${version.ttl}) may be cached until ${formatInstant(end)}`;
  return { rule: 'cached-nowhere', because, until: end };
}
