// Where a domain says that one of its services is: records that list hosts, or its own address if
// there are none.
import type { Fqdn } from '../../dns/name.ts';
import type { RdataHex } from '../../dns/rrset.ts';
import type { Ask, Asked } from './lookups.ts';
import { MOST_HOSTS } from './bounds.ts';
import { noHostBecause } from './host-name.ts';
import { hasRoom } from './target.ts';
import { foundIn } from './tlsa.ts';

export interface Listing<Host> {
  /** The look-up of the records that list hosts. */
  readonly asked: Asked;
  /** In the order of the records; the domain itself if its address takes their place. */
  readonly hosts: readonly Host[];
  /**
   * `null`: the records say that the service does not exist. `none`: there are neither such records
   * nor an address of the domain.
   */
  readonly kind: 'listed' | 'implicit' | 'null' | 'none' | 'failed';
  /** The look-up that failed, if the place of the service is not known. */
  readonly failed?: Asked;
  /** A record that says that the service does not exist is published beside others. */
  readonly contradicts: boolean;
  /** Named in the records but not checked: the name is too long for TLSA records below it. */
  readonly tooLong: readonly Fqdn[];
  /** Named in the records, but not hosts. */
  readonly noHosts: readonly NoHost[];
  /** The number of hosts beyond those that are checked. */
  readonly beyond: number;
}

export interface NoHost {
  readonly name: Fqdn;
  readonly because: string;
}

/** What the records alone say; the root as a host means none (RFC 2782, RFC 7505 §3). */
export function listingIn<Host extends { readonly host: Fqdn }>(
  asked: Asked,
  hostsIn: (rdata: readonly RdataHex[]) => readonly Host[],
): Listing<Host> {
  const found = foundIn(asked);
  if (found === undefined) {
    const { status } = asked.lookup;
    const nothing = { asked, hosts: [], contradicts: false, tooLong: [], noHosts: [], beyond: 0 };
    return status === 'nodata' || status === 'nxdomain'
      ? { ...nothing, kind: 'none' }
      : { ...nothing, kind: 'failed', failed: asked };
  }
  const all = hostsIn(found.rrset.rdata);
  const named = all.filter(({ host }) => host !== '.');
  const kind = named.length === 0 ? 'null' : 'listed';
  const possible = named.filter(({ host }) => noHostBecause(host) === undefined);
  const roomy = possible.filter(({ host }) => hasRoom(host));
  return {
    ...{ asked, kind, contradicts: kind === 'listed' && named.length < all.length },
    hosts: roomy.slice(0, MOST_HOSTS),
    beyond: Math.max(0, roomy.length - MOST_HOSTS),
    tooLong: possible.map(({ host }) => host).filter((host) => !hasRoom(host)),
    noHosts: named.flatMap(({ host }) => {
      const because = noHostBecause(host);
      return because === undefined ? [] : [{ name: host, because }];
    }),
  };
}

/** Without such records, the address of the domain takes their place. */
export async function orOwnAddress<Host>(
  listing: Listing<Host>,
  domain: Fqdn,
  itself: Host,
  ask: Ask,
): Promise<Listing<Host>> {
  const addresses = await Promise.all([ask(domain, 'A'), ask(domain, 'AAAA')]);
  if (addresses.some((asked) => foundIn(asked) !== undefined)) {
    return { ...listing, hosts: [itself], kind: 'implicit' };
  }
  // A failed look-up of addresses does not mean that there is no address.
  const failed = addresses.find(({ lookup }) => 'detail' in lookup);
  return failed === undefined ? listing : { ...listing, kind: 'failed', failed };
}
