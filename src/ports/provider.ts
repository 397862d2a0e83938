// Whoever can change a zone: RFC 2136 or a hoster's API. One interface carries TXT (DNS-01) and TLSA.
import type { Seconds } from '../base/clock.ts';
import type { Fqdn } from '../dns/name.ts';
import type { RdataHex, RecordType, RRset } from '../dns/rrset.ts';
import type { Call } from './call.ts';

export interface RRsetEdit {
  readonly zone: Fqdn;
  /** Where the RRset really lives, after CNAMEs. */
  readonly owner: Fqdn;
  readonly type: RecordType;
  readonly ttl: Seconds;
  readonly add: readonly RdataHex[];
  readonly remove: readonly RdataHex[];
  /** The RRset that was judged: the write happens only if this is still what the zone holds. Empty: must not exist. */
  readonly expect: readonly RdataHex[];
  /**
   * The TTL at which the surviving records stand. When it differs from `ttl`, they are written again in the same change, because all
   * records of an RRset share one TTL (RFC 2181 §5.2).
   */
  readonly expectTtl?: Seconds;
}

/** What the far side claimed. It is no evidence; only a sweep is. `conflict`: the RRset was not `expect`, nothing was written. */
export type EditOutcome = 'accepted' | 'conflict';

export interface ProviderTraits {
  readonly types: readonly RecordType[];
  /** The far side itself refuses a write when the RRset is not `expect`. */
  readonly conditional: boolean;
}

export interface DnsProvider {
  readonly traits: ProviderTraits;
  /**
   * Adds and removes single records; never replaces the RRset as a whole.
   * @throws AppError UPDATE_REFUSED, TSIG_FAILED, TSIG_BADTIME, PROVIDER_AUTH: nothing was written;
   *   DNS_TIMEOUT, DNS_UNREACHABLE, PROVIDER_FAILED: the write may or may not have happened
   */
  apply(edit: RRsetEdit, call: Call): Promise<EditOutcome>;
  /** The RRset as the provider itself holds it now; undefined when absent. Used to plan edits of TXT at the primary. */
  read(zone: Fqdn, owner: Fqdn, type: RecordType, call: Call): Promise<RRset | undefined>;
}
