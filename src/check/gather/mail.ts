// Where the mail of a domain goes (RFC 5321 §5.1, RFC 7505).
import type { Fqdn } from '../../dns/name.ts';
import { mxOf } from '../../dns/rdata.ts';
import type { RdataHex } from '../../dns/rrset.ts';
import type { Ask } from './lookups.ts';
import type { Listing } from './route.ts';
import { listingIn, orOwnAddress } from './route.ts';
import { foundIn } from './tlsa.ts';

interface MxHost {
  readonly preference: number;
  readonly host: Fqdn;
}

export interface MailRoute extends Listing<MxHost> {
  readonly domain: Fqdn;
}

function hostsIn(rdata: readonly RdataHex[]): readonly MxHost[] {
  return rdata
    .map(mxOf)
    .map(({ preference, exchange }) => ({ preference, host: exchange }))
    .sort((a, b) => a.preference - b.preference || (a.host < b.host ? -1 : 1));
}

/**
 * The names that a certificate may have, besides the MX host: the domain and its canonical name,
 * unless an attacker on the path could have named that host (RFC 7672 §3.2.2).
 */
export function namesBehind({ domain, asked, kind }: MailRoute): readonly Fqdn[] {
  if (kind === 'implicit') return [domain];
  const found = foundIn(asked);
  return found?.authentic === true ? [domain, found.rrset.owner] : [];
}

export async function mailRouteOf(domain: Fqdn, ask: Ask): Promise<MailRoute> {
  const listing = listingIn(await ask(domain, 'MX'), hostsIn);
  const mayHaveAddress = listing.kind === 'none' && listing.asked.lookup.status === 'nodata';
  const itself = { preference: 0, host: domain };
  return {
    domain,
    ...(mayHaveAddress ? await orOwnAddress(listing, domain, itself, ask) : listing),
  };
}
