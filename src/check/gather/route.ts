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
  /** In the order of the records; the domain itself where its address stands for them. */
  readonly hosts: readonly Host[];
  /**
   * `null`: the records say that there is no such service. `none`: there are neither records nor an
   * address that stands for them.
   */
  readonly kind: 'listed' | 'implicit' | 'null' | 'none' | 'failed';
  /** Which look-up failed, where it is not known where the service is. */
  readonly failed?: Asked;
  /** A record that says that there is no such service stands beside others. */
  readonly contradicts: boolean;
  /** Named, and not looked at: no TLSA records can stand below so long a name. */
  readonly tooLong: readonly Fqdn[];
  /** Named, and no hosts. */
  readonly noHosts: readonly NoHost[];
  /** How many more there are than are looked at. */
  readonly beyond: number;
}

export interface NoHost {
  readonly name: Fqdn;
  readonly because: string;
}

/** What the records alone say; the root as a host is none (RFC 2782, RFC 7505 §3). */
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

/** Without such records, an address of the domain stands for them. */
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
