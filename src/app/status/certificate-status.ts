// The data of `status` for a certificate: from the state and from files of this machine, without
// the network.
import type { Instant, Seconds } from '../../base/clock.ts';
import type { RenewalStatus } from './renewal.ts';
import type { ErrorCode } from '../../base/errors.ts';
import type { Stage } from '../../rollover/forecast/forecast.ts';
import type { Reason } from '../../rollover/reasons.ts';

export interface GenerationStatus {
  readonly number: number;
  readonly keyType: string;
  readonly notBefore: Instant | undefined;
  readonly notAfter: Instant | undefined;
  /** Distinguished name of the issuer. */
  readonly issuer: string | undefined;
  /** The CA's directory URL; for an adopted generation, where it will be renewed. */
  readonly directory: string;
  /** Clients do not trust it. */
  readonly staging: boolean;
  /** `taken`: from another program. */
  readonly origin: 'ordered' | 'taken' | 'adopted' | 'brought back';
  readonly revokedAt: Instant | undefined;
  readonly compromised: boolean;
  /** Every target took it; every endpoint has presented it. */
  readonly deployedAt: Instant | undefined;
  readonly provenAt: Instant | undefined;
}

export interface RecordStatus {
  /** As in a zone file. */
  readonly record: string;
  readonly wanted: boolean;
  readonly served: 'everywhere' | 'somewhere' | 'nowhere';
  /** Written by holger. */
  readonly ours: boolean;
}

export interface OwnerStatus {
  readonly owner: string;
  /** The canonical name. */
  readonly target: string;
  readonly zone: string;
  readonly security: string;
  /** When the last sweep was made. */
  readonly seenAt: Instant;
  readonly ttl: Seconds | undefined;
  readonly records: readonly RecordStatus[];
  /** Name servers that did not answer then. */
  readonly silent: readonly string[];
}

/** A change that a person must make, and that the name servers do not serve yet. */
export interface PendingChange {
  readonly certificate: string;
  readonly zone: string;
  readonly owner: string;
  readonly type: string;
  readonly ttl: Seconds;
  /** RDATA as in a zone file. */
  readonly add: readonly string[];
  readonly remove: readonly string[];
  readonly since: Instant;
}

export interface TargetStatus {
  readonly label: string;
  readonly writes: readonly string[];
  /**
   * The files there: "generation 2", "another certificate", "nothing"; undefined if they cannot be
   * read. Of another machine: what was there at the last look, and what was sent to it since.
   */
  readonly holds: string | undefined;
}

export interface EndpointStatus {
  readonly address: string;
  /** "generation 2", "another certificate", "no TLS"; undefined: never seen. */
  readonly presents: string | undefined;
  readonly seenAt: Instant | undefined;
  /** Why it did not answer the last time. */
  readonly failure: string | undefined;
}

export interface ServiceStatus {
  readonly url: string;
  readonly tlsaOwner: string;
  /** How many endpoints were seen, and how many of them present the live chain. */
  readonly endpoints: number;
  readonly current: number;
  readonly seen: readonly EndpointStatus[];
  /** The last observation that is not as it should be. */
  readonly finding?: string;
}

export interface TlsaStatus {
  /** `none`: there are no services, or `dane = false`. */
  readonly state: 'on' | 'off' | 'none';
  readonly since?: Instant;
}

export interface FailureStatus {
  readonly code: ErrorCode | string;
  readonly message: string;
  readonly hint?: string;
  readonly at?: Instant;
  readonly attempts?: number;
  /** The earliest time of the next try. */
  readonly notBefore?: Instant;
}

/** The CA takes no new order of the account. */
export interface LimitStatus {
  readonly until: Instant;
  /** In the CA's words, or the limit that it publishes. */
  readonly because: string;
  readonly hint?: string;
}

/** With several issuers: `directory` is the one of the next order. */
export interface CaStatus {
  readonly directory: string;
  readonly staging: boolean;
  /** The others of the certificate, in the order of preference; absent: there are none. */
  readonly alternatives?: readonly string[];
  /** The preferred one, and since when orders there fail. */
  readonly insteadOf?: { readonly directory: string; readonly since: Instant };
  /** Absent: it takes orders, as far as is known. */
  readonly limited?: LimitStatus;
}

/** `section`: of an RFC, of docs/laws.md, or an option. */
export type ReasonStatus = Reason & { readonly section: string };

export interface CertificateStatus {
  readonly certificate: string;
  /**
   * `idle`, `publishing`, `waiting`, `ready to deploy`, `proving`, `blocked`, `needs a person`, …:
   * from the planner.
   */
  readonly phase: string;
  readonly names: readonly string[];
  readonly ca: CaStatus;
  /** Of the next key. */
  readonly keyType: string;
  readonly tlsa: TlsaStatus;
  readonly live: GenerationStatus | undefined;
  readonly staged: GenerationStatus | undefined;
  /** Number of the live generation; undefined before the first. */
  readonly generation: number | undefined;
  readonly notAfter: Instant | undefined;
  /** When the live certificate is due, and how that is calculated. */
  readonly renewal: RenewalStatus | undefined;
  readonly waitingFor: string | undefined;
  readonly until: Instant | undefined;
  /** The next step, in words. */
  readonly next: string | undefined;
  readonly why: readonly string[];
  /** The same with their rules. */
  readonly reasons: readonly ReasonStatus[];
  /** The next steps as far as they can be known; empty before the first run. */
  readonly way: readonly Stage[];
  /** What a person can do about it. */
  readonly hints: readonly string[];
  readonly owners: readonly OwnerStatus[];
  readonly pending: readonly PendingChange[];
  readonly services: readonly ServiceStatus[];
  readonly targets: readonly TargetStatus[];
  /** The last failure, as long as it lasts. */
  readonly trouble?: FailureStatus;
}
