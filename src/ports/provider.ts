// Everything that can change a zone: RFC 2136 or the API of a provider. One interface for TXT
// (DNS-01) and TLSA.
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
  /**
   * The RRset that was judged: the write happens only if this is still what the zone holds. Empty:
   * must not exist.
   */
  readonly expect: readonly RdataHex[];
  /**
   * The TTL at which the surviving records stand. When it differs from `ttl`, they are written
   * again in the same change, because all records of an RRset share one TTL (RFC 2181 §5.2).
   */
  readonly expectTtl?: Seconds;
}

/**
 * What the provider claimed. It is not evidence; only a sweep is. `conflict`: the RRset was not
 * `expect`, nothing was written.
 */
export type EditOutcome = 'accepted' | 'conflict';

/** What a provider can do, for users and for the planner. */
export interface ProviderTraits {
  readonly types: readonly RecordType[];
  /**
   * The provider itself refuses a write when the RRset is not `expect`; elsewhere it is read just
   * before.
   */
  readonly conditional: boolean;
  /**
   * `rrset`: all records of an edit change at once. `record`: one after the other, first what is
   * added.
   */
  readonly edits: 'rrset' | 'record';
  /**
   * The lowest TTL that is taken; a lower one is raised. `zone`: all records have the TTL of their
   * zone.
   */
  readonly ttl: { readonly least: Seconds; readonly zone?: true };
  /** Whether the provider signs zones. `other`: the operator of the server decides. */
  readonly signs: 'always' | 'on-request' | 'never' | 'other';
  /** How many values a name keeps: one more drives out the oldest. */
  readonly keeps?: number;
  /** It says when a change is on all its name servers; the sweep looks all the same. */
  readonly tellsApplied: boolean;
  /**
   * A person makes the change: that takes hours, and acceptance only means that the person was
   * asked.
   */
  readonly byHand?: true;
  /** How many requests it accepts, in its own words. */
  readonly limits?: string;
}

/** What a person is asked to change in a zone, all at once. Records as in a zone file. */
export interface HandChange {
  readonly zone: Fqdn;
  readonly owner: Fqdn;
  readonly type: RecordType;
  readonly ttl: Seconds;
  readonly add: readonly string[];
  readonly remove: readonly string[];
  /** They stay, and get the TTL. */
  readonly retime: readonly string[];
  /**
   * No step continues before it is served; false: it only removes what is not needed, and is
   * requested once.
   */
  readonly isWaitedFor: boolean;
}

export interface Signer {
  readonly name: string;
  readonly provider: DnsProvider;
}

export interface DnsProvider {
  readonly traits: ProviderTraits;
  /**
   * Where it stands for several, each of which has the whole zone and signs it (RFC 8901): those.
   */
  readonly signers?: readonly Signer[];
  /** The closest zone at or above a name that these credentials can write; undefined: none. */
  findZone(name: Fqdn, call: Call): Promise<Fqdn | undefined>;
  /** The TTL that records of a zone get when this one is asked for: never less. */
  ttlFor(zone: Fqdn, ttl: Seconds, call: Call): Promise<Seconds>;
  /**
   * Adds and removes single records; never replaces the RRset as a whole.
   * @throws AppError UPDATE_REFUSED, PROVIDER_AUTH, PROVIDER_LIMITED: nothing was written;
   * DNS_TIMEOUT, DNS_UNREACHABLE, TSIG_FAILED, TSIG_BADTIME, PROVIDER_FAILED: it may have happened,
   * or only a part of it
   */
  apply(edit: RRsetEdit, call: Call): Promise<EditOutcome>;
  /**
   * Asks whether these credentials may change an RRset, without a change; absent if the provider
   * cannot be asked that.
   * @throws AppError UPDATE_REFUSED, PROVIDER_AUTH, TSIG_FAILED, TSIG_BADTIME, DNS_TIMEOUT,
   * DNS_UNREACHABLE, PROVIDER_FAILED
   */
  mayChange?(zone: Fqdn, owner: Fqdn, type: RecordType, call: Call): Promise<void>;
  /**
   * The RRset as the provider itself holds it now; undefined when absent. Used to plan edits of TXT
   * at the primary.
   */
  read(zone: Fqdn, owner: Fqdn, type: RecordType, call: Call): Promise<RRset | undefined>;
}
