// The law of deploying, asked for every service of a certificate at once, with the guards that stand beside it.
import { formatInstant } from '../base/clock.ts';
import type { Instant } from '../base/clock.ts';
import type { Chain } from '../dane/chain.ts';
import type { Fqdn } from '../dns/name.ts';
import { nameCovers } from '../dane/names.ts';
import { withBases } from './bases.ts';
import { replaceableAt } from './beside.ts';
import { serversAreSilent } from './decision.ts';
import type { Reason } from './decision.ts';
import type { Facts } from './facts.ts';
import { daneOwners, ownersOf } from './facts.ts';
import { breachOfDeploying } from './laws.ts';
import type { EndpointLive } from './laws.ts';
import type { Intent } from './model.ts';
import { notOursToWrite, outOfReach } from './out-of-reach.ts';
import { nextAt } from './trust.ts';
import { cachedUntil, cachedVersions, newestVersion, servedBy, silentAt } from './versions.ts';
import type { OwnerHistory, Version } from './history.ts';

export interface Deployability {
  readonly allowed: boolean;
  /** Waiting cannot help. */
  readonly person: boolean;
  /** Earliest time at which the law can allow it; Infinity while that depends on somebody's act. */
  readonly until: Instant;
  readonly reasons: readonly Reason[];
}

const LAW = 'RFC 7671 §8.1';

const ANEW = 'order a new certificate with holger run --force';

/** Guards that no record set can talk away (rule 25). */
function guards(chain: Chain, intent: Intent, now: Instant): Reason[] {
  const leaf = chain.certificates[0];
  const section = 'design: laws, rule 25';
  if (leaf === undefined)
    return [{ rule: 'chain-is-not-empty', because: 'no certificate', section, hint: ANEW }];
  const reasons: Reason[] = [];
  if (now >= leaf.notAfter) {
    const because = `the staged certificate expired at ${formatInstant(leaf.notAfter)}`;
    reasons.push({ rule: 'not-expired', because, section, hint: ANEW });
  }
  if (now < leaf.notBefore) {
    const because = 'the staged certificate is not valid yet';
    reasons.push({ rule: 'valid-already', because, section, until: leaf.notBefore });
  }
  for (const service of intent.services) {
    const missing = service.names.find(
      (name) => !leaf.names.some((pattern) => nameCovers(pattern, name)),
    );
    if (missing === undefined) continue;
    const because = `the staged certificate lacks the name ${missing} of ${service.id}`;
    const hint = `add ${missing} to domains; instead of what a rollback brought back, ${ANEW}`;
    reasons.push({ rule: 'names-cover-services', because, section, hint });
  }
  return reasons;
}

/** Whether `chain` may go live on every service of the intent now, and if not, why and until when. */
export function deployability(
  chain: Chain,
  intent: Intent,
  facts: Facts,
  now: Instant,
): Deployability {
  const barred = guards(chain, intent, now);
  if (barred.length > 0) {
    const until = Math.max(...barred.map((reason) => reason.until ?? Infinity));
    return { allowed: false, person: !Number.isFinite(until), until, reasons: barred };
  }
  const reasons: Reason[] = [];
  let until = now;
  let person = false;
  const judged = withBases(intent, facts.services);
  const owners = daneOwners(judged);
  for (const owner of owners) {
    const history = facts.owners[owner];
    const isBase = !ownersOf(intent).includes(owner);
    // Behind an alias only what validates counts; else clients stay with the name of the service.
    if (history === undefined || (isBase && history.security !== 'secure')) continue;
    const newest = newestVersion(history);
    const current = newest?.content ?? [];
    if (newest === undefined) {
      until = Infinity;
      reasons.push(serversAreSilent(owner));
    }
    const endpoints = replaceableAt(owner, judged, facts);
    const services = judged.services.filter((service) => service.owner === owner);
    for (const { service, address, live } of endpoints) {
      if (live.length > 0) continue;
      until = Infinity;
      reasons.push({
        rule: 'endpoint-is-known',
        because: `${service.id} at ${address} was never seen: ${facts.services[service.id]?.endpoints[address]?.failure ?? 'no handshake yet'}`,
        section: 'design: laws, rule 16',
      });
    }
    // The version that lasts longest says it all; the others end before it.
    const refused = refusing(chain, history, endpoints, intent, facts, now);
    const [longest] = refused;
    if (longest !== undefined) {
      const end = cachedUntil(longest, intent.policy);
      until = Math.max(until, end);
      reasons.push(explain(intent, owner, history, longest, end));
      // What the newest zone has, only time can bring to the others.
      if (isBase && refused.some(({ key }) => key === newest?.key)) {
        person = true;
        reasons.push(notOursToWrite(owner, chain, current, services, intent.policy));
      }
    }
    const lost = isBase
      ? undefined
      : outOfReach(owner, current, endpoints, chain, intent, facts, now);
    if (lost !== undefined && until === Infinity) {
      person = true;
      reasons.push(lost);
    }
    const mute = Object.values(history.addresses).find(({ unsigned }) => unsigned);
    if (mute !== undefined) {
      until = Infinity;
      const because = `${mute.server} serves ${owner} without signatures`;
      reasons.push({ rule: 'every-server-signs', because, section: 'RFC 4035 §3.1' });
    }
  }
  reasons.push(...signaturesToRenew(owners, facts, now, until));
  return { allowed: until <= now && reasons.length === 0, person, until, reasons };
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
    return [{ rule: 'signatures-last', because, section: 'RFC 4035 §5.3.1', until: end }];
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
      section: LAW,
      ...(silent === undefined
        ? {}
        : {
            hint: `if ${silent} is gone for good, take it out of the NS records, or say so with holger forget ${name} ${silent}: what it still serves is then not waited for`,
          }),
    };
  }
  const because = `${what} at ${owner} (TTL ${version.ttl}) may be cached until ${formatInstant(end)}`;
  return { rule: 'cached-nowhere', because, section: LAW, until: end };
}
