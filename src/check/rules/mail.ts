// A mail domain as a whole: its MX records, and its hosts compared with each other.
import { hostOf } from '../../dns/name.ts';
import type { Finding } from './finding.ts';
import { finding } from './finding.ts';
import type { JudgedService } from '../judge/judged-service.ts';
import { chainsOf } from '../judge/judged-service.ts';
import type { MailRoute } from '../gather/mail.ts';
import {
  aliases,
  beyond,
  detailOf,
  failureSeverity,
  isNowhere,
  partly,
  strange,
  tooLong,
} from './route.ts';

function routeFindings(route: MailRoute): readonly Finding[] {
  const { asked, kind, hosts, failed = asked, contradicts } = route;
  const domain = hostOf(route.domain);
  const { lookup } = asked;
  switch (kind) {
    case 'failed': {
      const rule = failed.lookup.status === 'bogus' ? 'mx-bogus' : 'mx-fails';
      const because = `${failed.type}: ${detailOf(failed)}`;
      return [finding(rule, domain, because, failureSeverity(failed))];
    }
    case 'none': {
      const because =
        lookup.status === 'nxdomain'
          ? 'the name does not exist'
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
  const domain = hostOf(route.domain);
  const nameOf = ({ facts }: JudgedService): string => hostOf(facts.target.host);
  const count = services.length;
  return [
    ...tooLong(route),
    ...strange('mx-no-host', route),
    ...beyond(domain, 'MX hosts', route),
    ...undeliverable(route, services),
    ...(route.kind === 'listed' ? aliases('mx-is-alias', services) : []),
    ...partly('partial-mx', domain, { what: 'MX hosts', services, nameOf }),
    ...(count > 1 && isOneKey(services)
      ? [finding('same-key', domain, `all ${count} MX hosts present the same key`)]
      : []),
  ];
}

/**
 * The state of the whole domain; a single wrong MX record may be one mistake among good records.
 */
function undeliverable(route: MailRoute, services: readonly JudgedService[]): readonly Finding[] {
  const { kind, noHosts, tooLong: long, beyond: more } = route;
  const isLed = kind === 'listed' || kind === 'implicit';
  if (!isLed || long.length + more > 0 || !isNowhere(services)) return [];
  const named = services.length + noHosts.length;
  const because =
    services.length === 0
      ? `its ${named === 1 ? 'MX record names' : 'MX records name'} no host`
      : `its ${named === 1 ? 'MX host has' : 'MX hosts have'} no address that other machines ` +
        'can reach';
  return [finding('no-mail-host', hostOf(route.domain), because)];
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
