// What a check has observed, as plain data. Rules and verdicts are made from it; nothing here is a
// verdict yet.
import type { Instant, Seconds } from '../../base/clock.ts';
import type { Chain } from '../../dane/chain.ts';
import type { KeyAlgorithm } from '../../dane/key-algorithm.ts';
import type { ServiceScheme } from '../../dane/owner.ts';
import type { TlsaRecord } from '../../dane/tlsa.ts';
import type { Fqdn } from '../../dns/name.ts';
import type { RdataHex } from '../../dns/rrset.ts';
import type { Handshake, Protocol } from '../../ports/probe.ts';
import type { Asked } from './lookups.ts';
import type { Look } from './zone.ts';

export interface ServiceTarget {
  readonly kind: 'service';
  /** `smtp://mx1.example.org:25`; its name in the report. */
  readonly url: string;
  readonly scheme: ServiceScheme;
  readonly host: Fqdn;
  readonly port: number;
  readonly protocol: Protocol;
  /** Clients are mail transfer agents (RFC 7672). */
  readonly smtpLike: boolean;
  /** The domain whose MX or SRV records lead here. */
  readonly domain?: Fqdn;
  /**
   * Besides the TLSA base domain, the names for which a certificate under usage 2 may be issued
   * (RFC 7672 §3.2.2, RFC 7673 §4).
   */
  readonly names: readonly Fqdn[];
  /** SRV records of that domain lead here; whether DNSSEC protects them. */
  readonly srv?: 'secure' | 'insecure';
  readonly configured?: Configured;
}

/** What the configuration of this installation says of one of its services. */
export interface Configured {
  /** The certificates that name it. */
  readonly certificates: readonly string[];
  /**
   * `none`: `dane = false`. `withdrawn`: after `holger off`. `left`: no certificate names it any
   * more, but holger had records there.
   */
  readonly records: 'wanted' | 'none' | 'withdrawn' | 'left';
  /**
   * Leaves (DER) of all their generations; absent: some of them are not known, or nothing was
   * deployed yet.
   */
  readonly leaves?: readonly string[];
  /** The owner at which clients ask for TLSA, if it is not below the host. */
  readonly owner?: Fqdn;
  /** Where handshakes go in place of the host's addresses. */
  readonly connect?: { readonly host: string; readonly port: number };
  /** Why no handshake is made. */
  readonly unseen?: 'unreachable' | 'not running';
}

/**
 * A domain whose records name the hosts of its services: MX records for mail, SRV records for XMPP.
 */
export interface DomainTarget {
  readonly kind: 'mail' | 'xmpp';
  readonly domain: Fqdn;
}

/** A configured certificate: whether its CA may renew it. */
export interface NamesTarget {
  readonly kind: 'names';
  readonly certificate: string;
  /** A-labels; wildcards as `*.example.org`. */
  readonly domains: readonly string[];
  /** The names of the CA in CAA records; empty: unknown, or the CA does not check them. */
  readonly issuers: readonly string[];
  /** The account, if there is one. */
  readonly account?: string;
  /** By which names are proven (RFC 8657 `validationmethods`); undefined: `dns-01`. */
  readonly method?: string;
  /**
   * Records of the CA's own certificates are published: every certificate of this CA for the name
   * is accepted.
   */
  readonly trustsIssuer: boolean;
}

export type Target = ServiceTarget | DomainTarget | NamesTarget;

/** Whether DANE applies at all, and if so with which records (RFC 6698 §4.1, RFC 7672 §2.2). */
export type TlsaState =
  /** Securely found. */
  | 'secure'
  /** Securely absent. */
  | 'absent'
  /** Records exist, but DNSSEC does not protect them. */
  | 'insecure'
  /** Neither records nor a signed zone. */
  | 'none'
  /** Clients that require DNSSEC get no answer for this name: mail waits. */
  | 'bogus'
  /** The zone's servers or the resolver did not answer. */
  | 'failed';

/** One candidate for the TLSA base domain: the name after CNAMEs, then the name before them. */
export interface Base {
  readonly name: Fqdn;
  readonly asked: Asked;
}

export interface TlsaFacts {
  readonly state: TlsaState;
  /** The base domain of the records in force, also if there are none: the SNI. */
  readonly base: Fqdn;
  /** The owner that clients ask for. */
  readonly asked: Fqdn;
  /** The owner of the records, after CNAMEs. */
  readonly owner: Fqdn;
  readonly records: readonly TlsaRecord[];
  /** The number of records beyond those that are judged. */
  readonly beyond: number;
  /** The TTL from the resolver's cache; those of the servers are with their answers. */
  readonly ttl?: Seconds;
  readonly candidates: readonly Base[];
  /** Clients ask for the records: the names that lead to the host allow it. */
  readonly applies: boolean;
  readonly detail?: string;
}

export type EndpointLook =
  | (Extract<Handshake, { readonly status: 'presented' }> & { readonly chain: Chain })
  | Exclude<Handshake, { readonly status: 'presented' }>;

/**
 * What one address presented of one kind of certificate. A failure before any certificate counts
 * for both ECDSA and RSA.
 */
export interface EndpointFacts {
  readonly address: string;
  readonly algorithm: KeyAlgorithm;
  /** One for each repetition. */
  readonly looks: readonly EndpointLook[];
}

export interface ServiceFacts {
  readonly target: ServiceTarget;
  /** A and AAAA of the host. */
  readonly hosts: readonly Asked[];
  readonly addresses: readonly string[];
  /** The number of hosts beyond those that are checked. */
  readonly beyond: number;
  readonly tlsa: TlsaFacts;
  /** Look-ups that find common mistakes: other owners where records are published. */
  readonly strays: readonly Asked[];
  readonly endpoints: readonly EndpointFacts[];
  /**
   * The answers of each name server about the records, the host and their zones; empty if they are
   * not needed.
   */
  readonly zones: readonly Look[];
  /** The time of the check, and the time as of which certificates are judged. */
  readonly lookedAt: Instant;
  readonly at: Instant;
  /** Records that rollovers of this installation published for chains that come next. */
  readonly expected: ReadonlySet<RdataHex>;
}
