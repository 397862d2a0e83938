// What is remembered of one TLSA owner: versions of its RRset, the addresses that serve it, writes
// that are not over. Plain JSON.
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
   * The newest serial at which it was shown, or may have been without our seeing it; absent when no
   * address ever showed it.
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
  /** Nothing came from it in the last sweep: a refusal or a failure would be an answer. */
  readonly silent?: boolean;
  /** Since when it gives no answer. */
  readonly failingSince?: Instant;
  readonly unsigned?: boolean;
  /** Since when it is no name server of the zone any more. */
  readonly leftAt?: Instant;
}

/**
 * A write that was begun and not yet seen everywhere. Its two versions are servable until it is.
 */
export interface BegunWrite {
  readonly from: string;
  readonly to: string;
  readonly at: Instant;
  /**
   * The newest serial seen when the write began; an address is past the write when it serves a
   * later one.
   */
  readonly serial: number;
  /** A person was asked to make it. */
  readonly byHand?: true;
  /** Of several providers those that will not make it any more. */
  readonly overFor?: readonly string[];
}

/**
 * A write that is over and changed nothing, and since when that goes on: zones that are signed anew
 * all the time have later serials.
 */
export interface VainWrite {
  readonly from: string;
  readonly to: string;
  readonly since: Instant;
}

/**
 * What one of several providers of a zone holds, by its own word: no evidence, but what a write
 * there has to start from.
 */
export interface Held {
  readonly provider: string;
  /** Of a version that was seen or begun. */
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
  /** Where the RRset lives, after CNAMEs. */
  readonly target: Fqdn;
  readonly zone: Fqdn;
  readonly security: 'secure' | 'insecure' | 'bogus' | 'unknown';
  readonly unproven?: UnprovenResolver;
  readonly sweptAt: Instant;
  /** When this was written down, to tell later whether the clock was set since. */
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
  /** RDATA that we published and did not withdraw. */
  readonly ours: readonly RdataHex[];
  /**
   * What wildcards above it serve there once its own records are gone; looked up only when that is
   * planned (rule 13).
   */
  readonly beneath?: readonly (readonly RdataHex[])[];
  /**
   * Answers of wildcards that its first record would end, or why that is not known; looked up only
   * while it has none (rule 26).
   */
  readonly silences?: readonly Silenced[] | string;
  /** Addresses that count for nothing while they are silent: the operator's word (rule 11). */
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
  /** Nothing came from it: a refusal or a failure would be an answer. */
  readonly silent?: boolean;
  /** This machine cannot send there at all; another address of the same server may speak for it. */
  readonly noRoute?: boolean;
}

/** The answer of one of several providers of a zone. */
export interface HeldFacts {
  readonly provider: string;
  readonly content?: readonly RdataHex[];
  /** Of the RRset, where there is one. */
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
  /** 0: the configuration says who is to be asked. */
  readonly serversTtl: Seconds;
  readonly observations: readonly Observation[];
  readonly held?: readonly HeldFacts[];
  readonly receivedAt: Instant;
}

export function versionKey(content: readonly RdataHex[], ttl: Seconds): string {
  return `${ttl} ${content.join(',')}`;
}
