// An XMPP domain as a whole: its SRV records, and the hosts and ports in them compared with each
// other.
import { hostOf } from '../../dns/name.ts';
import type { Finding } from './finding.ts';
import { finding } from './finding.ts';
import type { JudgedService } from '../judge/judged-service.ts';
import type { XmppPath, XmppRoute } from '../gather/xmpp.ts';
import { isSigned } from '../gather/xmpp.ts';
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

const schemesOf = (paths: readonly XmppPath[]): string =>
  paths.map(({ scheme }) => scheme).join(', ');

/** Failures with the same reason are one finding. */
function failures({ domain, paths }: XmppRoute): readonly Finding[] {
  const groups = new Map<string, XmppPath[]>();
  for (const path of paths) {
    if (path.failed === undefined) continue;
    const why = `${path.failed.type} ${path.failed.lookup.status} ${detailOf(path.failed)}`;
    groups.set(why, [...(groups.get(why) ?? []), path]);
  }
  return [...groups.values()].flatMap((group) => {
    const failed = group[0]?.failed;
    if (failed === undefined) return [];
    const rule = failed.lookup.status === 'bogus' ? 'srv-bogus' : 'srv-fails';
    const because = `${failed.type} (${schemesOf(group)}): ${detailOf(failed)}`;
    return [finding(rule, hostOf(domain), because, failureSeverity(failed))];
  });
}

function pathFindings(path: XmppPath, domain: string): readonly Finding[] {
  const { kind, scheme, hosts, contradicts, asked } = path;
  const owner = hostOf(asked.name);
  const who = scheme.endsWith('-client') ? 'clients' : 'servers';
  if (kind === 'null') {
    return [finding('null-srv', owner, 'its SRV record is ".": the service does not exist')];
  }
  if (kind === 'implicit') {
    const at = hosts.map(({ host, port }) => `${hostOf(host)}:${port}`).join(', ');
    return [
      finding('implicit-srv', domain, `it has no SRV records for ${who}; they connect to ${at}`),
    ];
  }
  return contradicts
    ? [finding('null-srv-beside', owner, 'its SRV records are "." and others')]
    : [];
}

function routeFindings(route: XmppRoute): readonly Finding[] {
  const { paths } = route;
  const domain = hostOf(route.domain);
  const unsigned = paths.filter((path) => isSigned(path) === false);
  const found = [...failures(route), ...paths.flatMap((path) => pathFindings(path, domain))];
  if (paths.every(({ kind }) => kind === 'none')) {
    found.push(finding('no-xmpp', domain, 'it has neither SRV records for XMPP nor an address'));
  }
  if (unsigned.length > 0) {
    const because = `its SRV records (${schemesOf(unsigned)}) are not signed`;
    found.push(finding('srv-insecure', domain, because));
  }
  return found;
}

/** All SRV records for clients, or all for servers, lead to no reachable host. */
function unreachable(
  kind: 'client' | 'server',
  { domain, paths }: XmppRoute,
  services: readonly JudgedService[],
): readonly Finding[] {
  const own = paths.filter(({ scheme }) => scheme.endsWith(kind));
  const isOpen = own.some(
    (path) =>
      path.kind === 'implicit' || path.kind === 'failed' || path.tooLong.length + path.beyond > 0,
  );
  if (isOpen || !own.some((path) => path.kind === 'listed')) return [];
  if (!isNowhere(services.filter(({ facts }) => facts.target.scheme.endsWith(kind)))) return [];
  const because = `its SRV records for ${kind}s name no host that has an address`;
  return [finding('no-xmpp-host', hostOf(domain), because)];
}

export function xmppFindings(
  route: XmppRoute,
  services: readonly JudgedService[],
): readonly Finding[] {
  const domain = hostOf(route.domain);
  const listed = services.filter(({ facts }) => facts.target.srv !== undefined);
  const nameOf = ({ facts }: JudgedService): string => facts.target.url;
  // A client chooses among the hosts and ports for its kind, with STARTTLS or with TLS from the
  // first octet (XEP-0368 §3).
  const mixed = (['client', 'server'] as const).flatMap((kind) => {
    const own = services.filter(({ facts }) => facts.target.scheme.endsWith(kind));
    const alike = { what: `hosts and ports for ${kind}s`, services: own, nameOf };
    return partly('partial-srv', domain, alike);
  });
  const long = route.paths.flatMap(tooLong);
  const odd = route.paths.flatMap((path) => strange('srv-no-host', path));
  const many = route.paths.flatMap((path) => beyond(hostOf(path.asked.name), 'SRV targets', path));
  const nowhere = (['client', 'server'] as const).flatMap((kind) =>
    unreachable(kind, route, services),
  );
  return [
    ...routeFindings(route),
    ...long,
    ...odd,
    ...many,
    ...nowhere,
    ...aliases('srv-is-alias', listed),
    ...mixed,
  ];
}
