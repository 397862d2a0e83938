// What is stored of one TLSA owner: versions of its RRset, the addresses that serve it, pending
// writes. Plain JSON.
import type { Instant, Moment, Seconds } from '../../base/clock.ts';
import type { Fqdn } from '../../dns/name.ts';
import type { RdataHex } from '../../dns/rrset.ts';
import type { Silenced } from '../../dns/silenced.ts';

export interface Version {
  readonly key: string;
  /** Sorted TLSA RDATA; empty: the RRset does not exist. Meaningless when `unknown`. */
  readonly content: readonly RdataHex[];
  /** Of the RRset, or of its denial (RFC 2308 §5). */
  readonly ttl: Seconds;
  readonly unknown: boolean;
  readonly seenAt: Instant;
  /**
   * The newest serial at which it was shown, or may have been unobserved; absent if no address ever
   * showed it.
   */
  readonly serial?: number;
  /** Receipt of the first sweep in which no address may serve it; absent while servable. */
  readonly endedAt?: Instant;
  /** Newest RRSIG expiration with which it was seen. */
  readonly signedUntil?: Instant;
}

export interface AddressMemory {
  readonly server: Fqdn;
  /** Keys of the versions that this address may serve now. */
  readonly mayServe: readonly string[];
  readonly serial?: number;
  readonly answeredAt?: Instant;
  /** Why it did not answer in the last sweep. */
  readonly failure?: string;
  /** It did not answer at all in the last sweep: a refusal or a failure would be an answer. */
  readonly silent?: boolean;
  /** Since when it gives no answer. */
  readonly failingSince?: Instant;
  readonly unsigned?: boolean;
  /** Since when it is not a name server of the zone any more. */
  readonly leftAt?: Instant;
}

/**
 * A write that has begun and is not served everywhere yet. Its two versions are servable until it
 * is.
 */
export interface BegunWrite {
  readonly from: string;
  readonly to: string;
  readonly at: Instant;
  /**
   * The newest serial when the write began; an address has passed the write when it serves a later
   * one.
   */
  readonly serial: number;
  /** A person was asked to make it. */
  readonly byHand?: true;
  /** The providers that will not make it any more, if there are several. */
  readonly overFor?: readonly string[];
}

/**
 * A finished write that changed nothing, and since when that repeats: zones that are signed
 * continuously have later serials.
 */
export interface VainWrite {
  readonly from: string;
  readonly to: string;
  readonly since: Instant;
}

/**
 * What one of several providers of a zone reports as its RRset: not evidence, but the start of a
 * write there.
 */
export interface Held {
  readonly provider: string;
  /** Of a version that was observed or begun. */
  readonly key?: string;
  /** Why that is not known. */
  readonly failure?: string;
}

/** Why the security of a zone is unknown: the resolver has not shown that it validates. */
export interface UnprovenResolver {
  readonly detail: string;
  /** Time does not change it. */
  readonly lasting: boolean;
}

export interface OwnerHistory {
  readonly schema: 1;
  readonly owner: Fqdn;
  /** Where the RRset is, after CNAMEs. */
  readonly target: Fqdn;
  readonly zone: Fqdn;
  readonly security: 'secure' | 'insecure' | 'bogus' | 'unknown';
  readonly unproven?: UnprovenResolver;
  readonly sweptAt: Instant;
  /** When this was stored, to detect later whether the clock was set. */
  readonly savedAt?: Moment;
  readonly longestTtl: Seconds;
  /** Of the CNAMEs to the target, when it was last seen. */
  readonly aliasTtl?: Seconds;
  /** Of the zone's NS records, the longest ever seen. */
  readonly serversTtl?: Seconds;
  readonly versions: readonly Version[];
  readonly addresses: Readonly<Record<string, AddressMemory>>;
  readonly writes: readonly BegunWrite[];
  readonly vain?: readonly VainWrite[];
  /** Of a zone at several providers, whose serials say nothing about one another. */
  readonly held?: readonly Held[];
  /** RDATA that holger published and did not withdraw. */
  readonly ours: readonly RdataHex[];
  /**
   * What wildcards above it answer there when its own records are gone; looked up only when that is
   * planned (rule 13).
   */
  readonly beneath?: readonly (readonly RdataHex[])[];
  /**
   * Answers of wildcards that its first record would end, or why that is not known; looked up only
   * while it has no records (rule 26).
   */
  readonly silences?: readonly Silenced[] | string;
  /** Addresses that are ignored while they are silent: set by the operator (rule 11). */
  readonly forgotten?: readonly string[];
}

/** What one address showed, reduced to what the history needs. */
export interface Observation {
  readonly server: Fqdn;
  readonly address: string;
  readonly answer?: {
    readonly content: readonly RdataHex[];
    readonly ttl: Seconds;
    readonly serial: number;
    readonly signedUntil?: Instant;
  };
  readonly failure?: string;
  /** It did not answer at all: a refusal or a failure would be an answer. */
  readonly silent?: boolean;
  /** This machine cannot send to it; another address of the same server may count for it. */
  readonly noRoute?: boolean;
}

/** The answer of one of several providers of a zone. */
export interface HeldFacts {
  readonly provider: string;
  readonly content?: readonly RdataHex[];
  /** Of the RRset, if there is one. */
  readonly ttl?: Seconds;
  readonly failure?: string;
}

export interface SweepFacts {
  readonly owner: Fqdn;
  readonly target: Fqdn;
  readonly zone: Fqdn;
  readonly security: OwnerHistory['security'];
  readonly unproven?: UnprovenResolver;
  readonly aliasTtl: Seconds;
  /** 0: the configuration names the servers. */
  readonly serversTtl: Seconds;
  readonly observations: readonly Observation[];
  readonly held?: readonly HeldFacts[];
  readonly receivedAt: Instant;
}

export function versionKey(content: readonly RdataHex[], ttl: Seconds): string {
  return `${ttl} ${content.join(',')}`;
}
