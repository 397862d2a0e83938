// Two ways of asking DNS: a trusted validating resolver, and every authoritative address.
import type { Instant, Seconds } from '../base/clock.ts';
import type { Fqdn } from '../dns/name.ts';
import type { RecordType, RRset } from '../dns/rrset.ts';
import type { Call } from './call.ts';

/**
 * Six ways in which a look-up ends without records; they are never combined. `bogus`: SERVFAIL that
 * disappears with CD=1.
 */
export type LookupFailure =
  'servfail' | 'bogus' | 'timeout' | 'refused' | 'unreachable' | 'malformed';

/** Why nothing is known of whether a zone is signed. */
export interface Unproven {
  /** Names the resolver. */
  readonly detail: string;
  /** It answers, and does not validate: time does not change that. */
  readonly lasting: boolean;
}

/** What a resolver has shown of itself. */
export type Standing =
  | { readonly status: 'validates'; readonly server: string }
  | ({ readonly status: 'unproven'; readonly server: string } & Unproven)
  | {
      readonly status: 'failed';
      readonly server: string;
      readonly failure: LookupFailure;
      readonly detail: string;
    };

export type Lookup =
  | {
      readonly status: 'found';
      readonly rrset: RRset;
      /** The CNAMEs that led from the question to `rrset.owner`. */
      readonly aliases: readonly RRset[];
      /** AD bit of a trusted resolver (RFC 4035 §3.2.3). */
      readonly authentic: boolean;
      /** Set: `authentic` is not known, because the resolver has not shown that it validates. */
      readonly unproven?: Unproven;
    }
  | {
      readonly status: 'nxdomain' | 'nodata';
      readonly aliases: readonly RRset[];
      readonly authentic: boolean;
      /**
       * min(SOA TTL, SOA minimum) of the denial (RFC 2308 §5); undefined when it came without SOA.
       */
      readonly negativeTtl?: Seconds;
      readonly unproven?: Unproven;
    }
  | { readonly status: LookupFailure; readonly detail: string };

/** What one authoritative address answered, or why it did not. */
export type AddressAnswer =
  | {
      readonly status: 'answered';
      /** Empty when the RRset does not exist there. */
      readonly rdata: RRset['rdata'];
      /** The RRset's TTL, or the negative TTL when it is absent (RFC 2308 §5). */
      readonly ttl: Seconds;
      /** The zone's SOA serial as this address serves it; 0 where it was not asked for. */
      readonly serial: number;
      /**
       * The newest expiration of an RRSIG over the RRset (or over the SOA of its denial); undefined
       * when unsigned.
       */
      readonly signedUntil?: Instant;
      /**
       * The wildcard that this RRset was made from, as its signatures say (RFC 4035 §5.3.4) or
       * answers at names that do not exist.
       */
      readonly wildcard?: Fqdn;
    }
  | {
      /**
       * `lame`: answered without AA or with a referral. `no-route`: this machine cannot send there
       * (no IPv6, say).
       */
      readonly status: LookupFailure | 'lame' | 'no-route';
      readonly detail: string;
    };

export interface SweptAddress {
  readonly server: Fqdn;
  /**
   * `192.0.2.53` or `2001:db8::53`, with `#port` when it is not 53. The key under which the history
   * knows it.
   */
  readonly address: string;
  readonly answer: AddressAnswer;
}

/** One look at every address of every authoritative server of a zone. */
export interface Sweep {
  readonly zone: Fqdn;
  /** Where the RRset is, after CNAMEs. */
  readonly owner: Fqdn;
  readonly type: RecordType;
  /** CNAMEs from the asked owner to `owner`, with their TTLs. */
  readonly aliases: readonly RRset[];
  /**
   * Secure: the validating resolver confirms the zone's SOA or the RRset (AD). Insecure: it answers
   * without AD.
   */
  readonly security: 'secure' | 'insecure' | 'bogus' | 'unknown';
  /** Why the security is unknown, where the resolver is the reason. */
  readonly unproven?: Unproven;
  readonly addresses: readonly SweptAddress[];
  /**
   * The longest TTL of the zone's NS records at its servers; 0 where the configuration names the
   * servers.
   */
  readonly serversTtl: Seconds;
  /** When the last answer came. */
  readonly receivedAt: Instant;
}

/** What the servers of a zone say of one name. */
export interface DirectAnswer {
  /** All that any of them has of this type, made from a wildcard or not. */
  readonly rdata: RRset['rdata'];
  /**
   * False: all of them say that the name does not exist. True says little: some never say so (RFC
   * 9824).
   */
  readonly exists: boolean;
  /** Some have records of this type there, and others answer that there are none. */
  readonly isPartial?: true;
}

export interface SweepOptions {
  /**
   * False: a CNAME record at the name is an error. What a DNAME sends elsewhere can only be written
   * there.
   */
  readonly followCnames?: boolean;
  /**
   * False: which version of the zone an address serves does not matter. It is one question for each
   * address instead of three.
   */
  readonly serials?: boolean;
}

export interface Resolver {
  lookup(name: Fqdn, type: RecordType, call: Call): Promise<Lookup>;
  /**
   * Follows CNAMEs from `owner`, but not those of a wildcard, finds the zone and the NS sets of
   * child and parent, and asks each address directly. For TXT no resolver is asked: one that was
   * remembers that there was nothing.
   * @throws AppError DNS_* when the CNAME chain, the zone or its servers cannot be found out;
   * BLOCKED for a CNAME not to be followed
   */
  sweep(owner: Fqdn, type: RecordType, call: Call, options?: SweepOptions): Promise<Sweep>;
  /** Where a sweep would go. The servers are not asked what they have there. */
  place(
    owner: Fqdn,
    type: RecordType,
    call: Call,
    options?: SweepOptions,
  ): Promise<Pick<Sweep, 'zone' | 'owner'>>;
  /**
   * One question to the servers of a zone about one name. No alias is followed, and no resolver
   * asked.
   * @throws AppError DNS_* when none of them answers
   */
  ask(zone: Fqdn, name: Fqdn, type: RecordType, call: Call): Promise<DirectAnswer>;
}

export interface Standings {
  /**
   * Whether what the resolvers say of a name, and of what is below it, can be believed: the best
   * that one of them has shown.
   */
  standing(name: Fqdn, call: Call): Promise<Standing>;
}
