// A mail domain as a whole: its MX records, and the hosts beside each other.
import { hostOf } from '../../dns/name.ts';
import type { MailRoute } from '../mail.ts';
import type { Finding } from '../finding.ts';
import { finding } from '../finding.ts';
import type { JudgedService } from '../judged.ts';
import { chainsOf } from '../judged.ts';
import { foundIn } from '../tlsa.ts';

function routeFindings(route: MailRoute): readonly Finding[] {
  const { target, mx, kind, hosts, failed = mx, contradicts } = route;
  const domain = hostOf(target.domain);
  const { lookup } = mx;
  switch (kind) {
    case 'failed': {
      const { status } = failed.lookup;
      const detail = 'detail' in failed.lookup ? failed.lookup.detail : 'no answer';
      const because = `${failed.type}: ${detail}`;
      if (status === 'bogus') return [finding('mx-bogus', domain, because)];
      // SERVFAIL is what every resolver sees; a time-out may be this machine's own.
      const severity = status === 'servfail' ? 'critical' : 'unknown';
      return [finding('mx-fails', domain, because, severity)];
    }
    case 'none': {
      const because =
        lookup.status === 'nxdomain'
          ? 'there is no such name'
          : 'it has neither MX records nor an address';
      return [finding('no-mail', domain, because)];
    }
    case 'null':
      return [finding('null-mx', domain, 'its MX record is ".": it takes no mail')];
    case 'implicit':
    case 'listed':
  }
  const found: Finding[] = [];
  if (kind === 'implicit') {
    found.push(
      finding(
        'implicit-mx',
        domain,
        `it has no MX records; mail goes to ${hosts.map(({ host }) => hostOf(host)).join(', ')}`,
      ),
    );
  }
  if (contradicts) {
    found.push(finding('null-mx-beside', domain, 'its MX records are "." and others'));
  }
  if ('authentic' in lookup && !lookup.authentic) {
    found.push(finding('mx-insecure', domain, 'its MX records are not signed'));
  }
  return found;
}

function hostFindings(route: MailRoute, services: readonly JudgedService[]): readonly Finding[] {
  const found: Finding[] = [];
  const domain = hostOf(route.target.domain);
  for (const { facts } of services) {
    const led = facts.hosts
      .flatMap((asked) => foundIn(asked) ?? [])
      .find(({ aliases }) => aliases.length > 0);
    if (led !== undefined && route.kind === 'listed') {
      const because = `it is an alias of ${hostOf(led.rrset.owner)}`;
      found.push(finding('mx-is-alias', hostOf(facts.target.host), because));
    }
  }
  const without = services.filter(({ facts }) =>
    ['absent', 'none', 'insecure'].includes(facts.tlsa.state),
  );
  if (without.length > 0 && without.length < services.length) {
    found.push(
      finding(
        'partial-mx',
        domain,
        `of ${services.length} MX hosts ${without.map(({ facts }) => hostOf(facts.target.host)).join(', ')} ${without.length === 1 ? 'has' : 'have'} no records that count`,
      ),
    );
  }
  if (services.length > 1 && isOneKey(services)) {
    found.push(finding('same-key', domain, `all ${services.length} MX hosts present the same key`));
  }
  return found;
}

function isOneKey(services: readonly JudgedService[]): boolean {
  const keys = services.map((service) =>
    [...new Set(chainsOf(service).map(({ certificates }) => certificates[0]?.spki))]
      .sort()
      .join(' '),
  );
  return keys[0] !== '' && new Set(keys).size === 1;
}

export function mailFindings(
  route: MailRoute,
  services: readonly JudgedService[],
): readonly Finding[] {
  return [...routeFindings(route), ...hostFindings(route, services)];
}
