// Settings that are allowed but have surprising effects: printed by `config check` and logged by
// `run`.
import { mostNames } from '../acme/profiles.ts';
import { formatDuration } from '../base/duration.ts';
import { tlsaOwner } from '../dane/owner.ts';
import { combinationFrom } from '../dane/tlsa.ts';
import { hostOf } from '../dns/name.ts';
import type { Fqdn } from '../dns/name.ts';
import { remoteOf, remoteWarning } from '../resolver/on-machine.ts';
import { asksForTrust } from '../rollover/law/pkix-trust.ts';
import { algorithmOf } from '../rollover/model.ts';
import type { ServiceConfig } from './options/service.ts';
import type { CertificateConfig, Config } from './schema.ts';
import { isLoopback } from './fields.ts';
import { acmeIssuersOf, DEFAULT_ISSUER, acmeIssuersFor, profileAt } from './issuers.ts';
import type { AcmeIssuerConfig } from './issuers.ts';
import { restartWarnings } from './restart-warnings.ts';
import { isStagingDirectory } from './staging.ts';
import { placeOfAnchors } from './trust-anchors.ts';
import { vainProviders } from './zones.ts';

export function warningsFor(
  config: Pick<
    Config,
    'acme' | 'issuer' | 'certificates' | 'zones' | 'providers' | 'dns' | 'target'
  >,
): readonly string[] {
  const { certificates, dns } = config;
  return [
    ...remoteOf(dns.resolver.map(({ host }) => ({ address: host }))).map(remoteWarning),
    ...(certificates.length === 0
      ? ['no [[certificate]] is configured: holger run has nothing to do']
      : []),
    ...forTrial(config),
    ...config.providers.flatMap(inTheClear),
    ...certificates.flatMap(alone),
    ...certificates.flatMap((it) => tooMany(it, config)),
    ...[...acmeIssuersOf(config).map(issuerPlace), ...certificates.map(certificatePlace)].flatMap(
      idlePreference,
    ),
    ...idleAnchors(config),
    ...certificates.flatMap((it) => inVain(it, config)),
    ...rivals(certificates),
    ...heldToDane(certificates),
    ...restartWarnings(config),
  ];
}

/**
 * Clients that validate by CA would refuse it, and TLSA records would promise DANE clients a
 * certificate that is to be replaced.
 */
function forTrial(config: Pick<Config, 'acme' | 'issuer' | 'certificates'>): string[] {
  const used = config.certificates.filter(
    ({ deploy, services }) => deploy.length + services.length > 0,
  );
  return acmeIssuersOf(config).flatMap(({ name, directory }) => {
    const users = used.filter(({ issuer }) => issuer.includes(name));
    if (users.length === 0 || !isStagingDirectory(directory)) return [];
    const names = users.map((one) => `"${one.name}"`).join(', ');
    return [
      `${tableOf(name)}.directory is a staging environment, whose certificates no client trusts, and ` +
        `${names} would be deployed or published from there: for a test remove deploy and ` +
        'services, for servers in use name the production directory of the CA',
    ];
  });
}

interface Profiles {
  readonly place: string;
  readonly profile?: string | undefined;
  readonly preferredProfile?: string | undefined;
}

const issuerPlace = ({ name, profile, preferredProfile }: AcmeIssuerConfig): Profiles => ({
  place: tableOf(name),
  ...{ profile, preferredProfile },
});

const certificatePlace = ({ name, profile, preferredProfile }: CertificateConfig): Profiles => ({
  place: `certificate "${name}"`,
  ...{ profile, preferredProfile },
});

function idlePreference({ place, profile, preferredProfile }: Profiles): string[] {
  if (profile === undefined || preferredProfile === undefined) return [];
  return [
    `${place}: preferred_profile = "${preferredProfile}" has no effect, because profile = "${profile}" is required`,
  ];
}

/** Not an error: the list of a certificate may be the next thing that is written. */
function idleAnchors(config: Pick<Config, 'acme' | 'issuer' | 'certificates'>): string[] {
  const users = config.certificates.filter(
    ({ dane, services, issuer, records, trustAnchors }) =>
      dane &&
      services.length > 0 &&
      issuer.length > 1 &&
      trustAnchors !== 'none' &&
      records.map(combinationFrom).some(({ usage }) => usage === 2),
  );
  return acmeIssuersOf(config).flatMap(({ name, trustAnchorFile }) => {
    if (trustAnchorFile === undefined || users.some(({ issuer }) => issuer.includes(name)))
      return [];
    return [
      `${placeOfAnchors(name)} has no effect: no certificate with services and records of ` +
        `usage 2 lists "${name}" beside another issuer`,
    ];
  });
}

const tableOf = (issuer: string): string =>
  issuer === DEFAULT_ISSUER ? 'acme' : `issuer.${issuer}`;

/** Not an error: the CA may have raised its limit since this table was made. */
function tooMany(it: CertificateConfig, config: Pick<Config, 'acme' | 'issuer'>): string[] {
  return acmeIssuersFor(it, config).flatMap((issuer) => {
    const profile = profileAt(it, issuer);
    const most = mostNames(issuer.directory, profile);
    if (most === undefined || it.domains.length <= most) return [];
    const which = profile === undefined ? '' : ` with profile "${profile}"`;
    return [
      `certificate "${it.name}" has ${it.domains.length} names, and ${hostAt(issuer.directory)} ` +
        `issues certificates of at most ${most}${which}: divide the names among several certificates`,
    ];
  });
}

const hostAt = (url: string): string => (URL.canParse(url) ? new URL(url).hostname : url);

/** Not an error: in a private network or a tunnel it may be intended. */
function inTheClear({ name, options }: Config['providers'][number]): string[] {
  return Object.entries(options).flatMap(([key, value]) => {
    if (typeof value !== 'string' || !/^http:/i.test(value)) return [];
    if (isLoopback(new URL(value).hostname.replace(/^\[|\]$/g, ''))) return [];
    return `provider "${name}" sends its credentials to ${key} = "${value}" without TLS`;
  });
}

/**
 * Not an error: if a TLSA owner is a CNAME, another provider writes it, and this cannot be seen
 * here.
 */
function inVain(
  it: CertificateConfig,
  config: Pick<Config, 'zones' | 'providers'>,
): readonly string[] {
  if (!it.dane) return [];
  return vainProviders(ownersOf(it), config).map((why) => `certificate "${it.name}": ${why}`);
}

function alone(it: CertificateConfig): string[] {
  const warnings: string[] = [];
  if (it.dane && it.services.length === 0) {
    warnings.push(`certificate "${it.name}" has no services: no TLSA records are published for it`);
  }
  if (it.dane && it.ttl * it.ttlFactor > 2 * 86_400) {
    warnings.push(
      `certificate "${it.name}": a TTL of ${formatDuration(it.ttl)} makes every rollover wait ${formatDuration(it.ttl * it.ttlFactor)}`,
    );
  }
  const mail = it.services.filter(({ smtpLike }) => smtpLike);
  const idle = it.records.filter((text) => asksForTrust(combinationFrom(text)));
  if (it.dane && mail.length > 0 && idle.length > 0) {
    const where = mail.map(({ url }) => url).join(', ');
    const which =
      idle.length === it.records.length ? 'no records are' : `${idle.join(', ')} is not`;
    warnings.push(
      `certificate "${it.name}": ${which} published for ${where}, where clients do not use ` +
        'usages 0 and 1 (RFC 7672 §3.1.3)',
    );
  }
  return warnings;
}

function ownersOf({ services }: CertificateConfig): Fqdn[] {
  return services.map((service) => service.tlsaOwner ?? tlsaOwner(service.host, service.port));
}

/** Clients do not know which certificate a record was published for. */
function heldToDane(certificates: readonly CertificateConfig[]): string[] {
  const asking = new Map(
    certificates
      .filter(({ dane }) => dane)
      .flatMap((it) => ownersOf(it).map((owner) => [owner, it])),
  );
  return certificates.flatMap((it) => {
    const owner = it.dane ? undefined : ownersOf(it).find((name) => asking.has(name));
    const other = owner === undefined ? undefined : asking.get(owner);
    if (owner === undefined || other === undefined) return [];
    return (
      `certificate "${it.name}" has dane = false, but "${other.name}" publishes TLSA ` +
      `records at ${owner}, and clients check every certificate there against them. So ` +
      `records for "${it.name}" are published there too, and it is deployed when they ` +
      'allow it'
    );
  });
}

/** Without handshakes, or before the first one, it is not known which of the two is presented. */
function placeOf(service: ServiceConfig): string | undefined {
  if (!service.reachable || !service.running) return undefined;
  const { host, port, connect } = service;
  return `${hostOf(host)}:${port}${connect === undefined ? '' : ` at ${connect.host}:${connect.port}`}`;
}

/**
 * Two certificates of one algorithm for one service are not a mistake while the service moves from
 * one to the other, and other certificates need not wait for that. So it is not an error.
 */
function rivals(certificates: readonly CertificateConfig[]): string[] {
  const first = new Map<string, string>();
  const pairs = new Map<string, { readonly names: string; readonly places: string[] }>();
  for (const { name, keyType, services } of certificates) {
    const algorithm = algorithmOf(keyType);
    for (const place of new Set(services.flatMap((service) => placeOf(service) ?? []))) {
      const other = first.get(`${algorithm} ${place}`);
      if (other === undefined) {
        first.set(`${algorithm} ${place}`, name);
        continue;
      }
      const names = `certificates "${other}" and "${name}" both have an ${algorithm.toUpperCase()} key`;
      const pair = pairs.get(names) ?? { names, places: [] };
      pair.places.push(place);
      pairs.set(names, pair);
    }
  }
  return [...pairs.values()].map(
    ({ names, places }) =>
      `${names} and name ${places.join(', ')}: a server presents one certificate of each ` +
      'algorithm there, so the other one is never proven. Remove the service from one of ' +
      'them, or change key_type of one',
  );
}
