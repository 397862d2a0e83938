// The law of deploying, asked for every service of a certificate at once, with the guards that stand beside it.
import { formatInstant } from '../base/clock.ts';
import type { Instant } from '../base/clock.ts';
import type { Chain } from '../dane/chain.ts';
import { nameCovers } from '../dane/names.ts';
import { replaceableAt } from './beside.ts';
import { serversAreSilent } from './decision.ts';
import type { Reason } from './decision.ts';
import type { Facts } from './facts.ts';
import { cutLike, daneOwners } from './facts.ts';
import { breachOfDeploying } from './laws.ts';
import type { EndpointLive } from './laws.ts';
import type { Intent } from './model.ts';
import { outOfReach } from './out-of-reach.ts';
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

function nextAt(chain: Chain, endpoint: EndpointLive, facts: Facts): Chain {
  const history = facts.services[endpoint.service.id];
  return cutLike(chain, history?.endpoints[endpoint.address], history, facts.lineage);
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
  for (const owner of daneOwners(intent)) {
    const history = facts.owners[owner];
    if (history === undefined) continue;
    if (newestVersion(history) === undefined) {
      until = Infinity;
      reasons.push(serversAreSilent(owner));
    }
    const endpoints = replaceableAt(owner, intent, facts);
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
    const [longest] = refusing(chain, history, endpoints, intent, facts, now);
    if (longest !== undefined) {
      const end = cachedUntil(longest, intent.policy);
      until = Math.max(until, end);
      reasons.push(explain(intent, owner, history, longest, end));
    }
    const current = newestVersion(history)?.content ?? [];
    const services = intent.services.filter((service) => service.owner === owner);
    const lost = outOfReach(owner, history, current, chain, services, intent.policy, now);
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
  return { allowed: until <= now && reasons.length === 0, person, until, reasons };
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
