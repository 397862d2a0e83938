// Usages 0 and 1, except on SMTP: clients accept a chain only if it also leads to a CA of the PKIX
// store (rule 4).
import type { Instant } from '../../base/clock.ts';
import type { Chain } from '../../dane/chain.ts';
import { pkixPath } from '../../dane/pkix.ts';
import type { TlsaRecord } from '../../dane/tlsa.ts';
import { cutLike } from './facts.ts';
import type { Facts } from './facts.ts';
import type { Clientele, EndpointLive, Live } from './laws.ts';
import type { OwnerView } from './owner-view.ts';
import { NO_TLS } from '../record/service-history.ts';

export const TRUST_HINT =
  'name the CAs that clients trust in pkix.ca_file, or use no records of usages 0 and 1';

/** Whether the PKIX store matters for it. */
export function asksForTrust({ usage }: Pick<TlsaRecord, 'usage'>): boolean {
  return usage <= 1;
}

/** Whether clients find a path from the chain to a CA of the store now. */
function isTrusted(chain: Chain, { service, trusted }: Clientele, at: Instant): boolean {
  return service.smtpLike || pkixPath(chain, trusted, { at, until: at }) !== undefined;
}

/** The chain as this endpoint would send it (rule 3). */
export function nextAt(
  chain: Chain,
  { service, address }: Pick<EndpointLive, 'service' | 'address'>,
  facts: Facts,
): Chain {
  const history = facts.services[service.id];
  return cutLike(chain, history?.endpoints[address], history, facts.lineage);
}

/** The first live chain here that clients with the store do not accept. */
export function untrusted(
  endpoints: readonly EndpointLive[],
  at: Instant,
): EndpointLive | undefined {
  const isRefused = (endpoint: EndpointLive) => (live: Live) =>
    live !== NO_TLS && !isTrusted(live, endpoint, at);
  return endpoints.find((endpoint) => endpoint.live.some(isRefused(endpoint)));
}

/**
 * Whether clients with the store accept a chain that is live at an owner, but would not accept
 * `next` in its place.
 */
export function losesTrust(next: Chain, { replaceable, facts, now }: OwnerView): boolean {
  return replaceable.some(
    (endpoint) =>
      !isTrusted(nextAt(next, endpoint, facts), endpoint, now) &&
      endpoint.live.some((live) => live !== NO_TLS && isTrusted(live, endpoint, now)),
  );
}
