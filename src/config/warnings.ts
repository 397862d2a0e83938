// What is allowed but will surprise somebody: printed by `config check` and logged by `run`.
import { formatDuration } from '../base/duration.ts';
import { hostOf } from '../dns/name.ts';
import { algorithmOf } from '../rollover/model.ts';
import type { CertificateConfig, Config, ServiceConfig } from './schema.ts';

export function warningsFor({ certificates }: Pick<Config, 'certificates'>): readonly string[] {
  return [...certificates.flatMap(alone), ...rivals(certificates)];
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
  const idle = it.records.filter((combination) => /^[01] /.test(combination));
  if (it.dane && mail.length > 0 && idle.length > 0) {
    const where = mail.map(({ url }) => url).join(', ');
    const which =
      idle.length === it.records.length ? 'no records are' : `${idle.join(', ')} is not`;
    warnings.push(
      `certificate "${it.name}": ${which} published for ${where}, where usages 0 and 1 count for nothing (RFC 7672 §3.1.3)`,
    );
  }
  return warnings;
}

/** Where no handshake is made, or none yet, nobody sees which of the two is presented. */
function placeOf(service: ServiceConfig): string | undefined {
  if (!service.reachable || !service.running) return undefined;
  const { host, port, connect } = service;
  return `${hostOf(host)}:${port}${connect === undefined ? '' : ` at ${connect.host}:${connect.port}`}`;
}

/**
 * Two certificates of one algorithm for one service: no mistake for as long as a service moves from the one to the other, and
 * all the other certificates need not wait until that is over. So it is no error.
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
      `${names} and name ${places.join(', ')}: a server presents one certificate of each algorithm there, so that the other one is never proven. Take the service out of one of them, or give one another key_type`,
  );
}
