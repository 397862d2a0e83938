// A host that is an alias: clients look for TLSA records at its canonical name first, and at the
// name of the service if that has none (RFC 7671 §7, RFC 7672 §2.2.2). A certificate that has the
// canonical name as a service writes there; the laws count the records there in any case (rule 13).
import type { Instant } from '../../base/clock.ts';
import { hostOf, labelsOf, fqdn } from '../../dns/name.ts';
import type { Fqdn } from '../../dns/name.ts';
import { tlsaOf } from '../../dane/tlsa.ts';
import type { Tlsa } from '../../dane/tlsa.ts';
import type { Facts } from './facts.ts';
import type { Intent, Policy, ServiceIntent } from '../model.ts';
import { wayLife } from '../record/superseded-paths.ts';
import type { Base, ServiceHistory } from '../record/service-history.ts';
import { cachedVersions } from '../record/versions.ts';

/**
 * One look-up: the present canonical name of the host, or none. Earlier ones stay while a cache may
 * lead there (rule 12).
 */
export function recordBase(
  before: ServiceHistory,
  found: Pick<Base, 'host' | 'ttl'> | undefined,
  policy: Pick<Policy, 'ttlFactor' | 'margin'>,
  now: Instant,
): ServiceHistory {
  const { bases: known = [], ...rest } = before;
  const old = known.filter(
    ({ host, namedAt, ttl }) => host !== found?.host && now < namedAt + wayLife(ttl, policy),
  );
  // A resolver returns the rest of a TTL; the longest value is nearest to the full TTL.
  const told = known.find(({ host }) => host === found?.host)?.ttl ?? 0;
  const bases =
    found === undefined
      ? old
      : [...old, { ...found, ttl: Math.max(found.ttl, told), namedAt: now }];
  return bases.length === 0 ? rest : { ...rest, bases };
}

/** A service for clients that follow the alias: they check the canonical name (RFC 7672 §3.2.2). */
function behind(service: ServiceIntent, { host }: Base): ServiceIntent {
  const [port, transport] = labelsOf(service.owner);
  const owner = fqdn(`${port ?? ''}.${transport ?? ''}.${host}`);
  return { ...service, owner, names: [hostOf(host)] };
}

/** The services of an intent, and each once more at every base domain behind its host. */
export function withBases(intent: Intent, services: Facts['services']): Intent {
  const more = intent.services.flatMap((service) =>
    (services[service.id]?.bases ?? []).map((base) => behind(service, base)),
  );
  return more.length === 0 ? intent : { ...intent, services: [...intent.services, ...more] };
}

/** What a client may find when an owner has no records any more, besides none: one content each. */
export function servedInstead(owner: Fqdn, intent: Intent, facts: Facts, now: Instant): Tlsa[][] {
  const byAlias = intent.services.filter((service) =>
    (facts.services[service.id]?.bases ?? []).some((base) => behind(service, base).owner === owner),
  );
  const ofAliases = byAlias.flatMap((service) => {
    const history = facts.owners[service.owner];
    return history === undefined ? [] : cachedVersions(history, intent.policy, now);
  });
  const contents = [
    ...(facts.owners[owner]?.beneath ?? []),
    ...ofAliases.map(({ content }) => content),
  ];
  return contents.map((content) => content.map(tlsaOf));
}
