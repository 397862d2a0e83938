// Where the XMPP servers of a domain are (RFC 6120 §3.2, XEP-0368): for clients and for other
// servers, with STARTTLS and with TLS from the first octet.
import type { Fqdn } from '../../dns/name.ts';
import { srvOf } from '../../dns/rdata.ts';
import type { RdataHex } from '../../dns/rrset.ts';
import type { Ask } from './lookups.ts';
import type { ServiceTarget } from './facts.ts';
import type { Listing } from './route.ts';
import { listingIn, orOwnAddress } from './route.ts';
import type { XmppScheme } from './target.ts';
import { srvOwner, xmppTarget } from './target.ts';

interface SrvHost {
  readonly priority: number;
  readonly weight: number;
  readonly host: Fqdn;
  readonly port: number;
}

/** One SRV RRset. */
export interface XmppPath extends Listing<SrvHost> {
  readonly scheme: XmppScheme;
}

export interface XmppRoute {
  readonly domain: Fqdn;
  readonly paths: readonly XmppPath[];
}

/**
 * The kind of client, and its two SRV names: a client chooses among the records of both (XEP-0368
 * §3).
 */
const ROLES = [
  { starttls: 'xmpp-client', direct: 'xmpps-client', port: 5222 },
  { starttls: 'xmpp-server', direct: 'xmpps-server', port: 5269 },
] as const;

function hostsIn(rdata: readonly RdataHex[]): readonly SrvHost[] {
  return rdata
    .map(srvOf)
    .map(({ target, ...numbers }) => ({ ...numbers, host: target }))
    .sort((a, b) => a.priority - b.priority || b.weight - a.weight || (a.host < b.host ? -1 : 1));
}

async function pathOf(domain: Fqdn, scheme: XmppScheme, ask: Ask): Promise<XmppPath> {
  return { scheme, ...listingIn(await ask(srvOwner(scheme, domain), 'SRV'), hostsIn) };
}

/**
 * If neither kind of record exists, the domain's own address and the default port take their place
 * (RFC 6120 §3.2.2, XEP-0368 §5).
 */
async function pathsFor(
  { starttls, direct, port }: (typeof ROLES)[number],
  domain: Fqdn,
  ask: Ask,
): Promise<readonly XmppPath[]> {
  const [usual, other] = await Promise.all([
    pathOf(domain, starttls, ask),
    pathOf(domain, direct, ask),
  ]);
  if (usual.kind !== 'none' || other.kind !== 'none') return [usual, other];
  const itself = { priority: 0, weight: 0, host: domain, port };
  return [{ ...usual, ...(await orOwnAddress(usual, domain, itself, ask)) }, other];
}

export async function xmppRouteOf(domain: Fqdn, ask: Ask): Promise<XmppRoute> {
  const paths = await Promise.all(ROLES.map((role) => pathsFor(role, domain, ask)));
  return { domain, paths: paths.flat() };
}

/** Whether the names along this path are signed; undefined if this could not be found out. */
export function isSigned({ kind, asked: { lookup } }: XmppPath): boolean | undefined {
  const leads = kind === 'listed' || kind === 'implicit' || kind === 'null';
  return leads && 'authentic' in lookup ? lookup.authentic : undefined;
}

/** Each host and port once, even if several records name it. */
export function xmppTargets({ domain, paths }: XmppRoute): readonly ServiceTarget[] {
  const all = paths.flatMap((path) => {
    const { scheme, kind, hosts } = path;
    const srv = isSigned(path) === true ? 'secure' : 'insecure';
    return hosts.map(({ host, port }) =>
      xmppTarget({ scheme, host, port }, domain, kind === 'listed' ? srv : undefined),
    );
  });
  return [...new Map(all.map((target) => [target.url, target])).values()];
}
