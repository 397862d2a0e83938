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
  /** `smtp://mx1.example.org:25`; how the report names it. */
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
   * Besides the TLSA base domain, whom a certificate under usage 2 may be for (RFC 7672 §3.2.2, RFC
   * 7673 §4).
   */
  readonly names: readonly Fqdn[];
  /** SRV records of that domain lead here; whether anything vouches for them. */
  readonly srv?: 'secure' | 'insecure';
  readonly configured?: Configured;
}

/** What the configuration of this installation says of a service of its own. */
export interface Configured {
  /** The certificates that name it. */
  readonly certificates: readonly string[];
  /**
   * `none`: `dane = false`. `withdrawn`: after `holger off`. `left`: no certificate names it any
   * more, and there were records of ours.
   */
  readonly records: 'wanted' | 'none' | 'withdrawn' | 'left';
  /**
   * Leaves (DER) of every generation of theirs; absent: some of it is not known, or nothing was
   * deployed yet.
   */
  readonly leaves?: readonly string[];
  /** Where clients ask for TLSA, when that is not below the host. */
  readonly owner?: Fqdn;
  /** Where handshakes go instead of the host's addresses. */
  readonly connect?: { readonly host: string; readonly port: number };
  /** Why no handshake is made. */
  readonly unseen?: 'unreachable' | 'not running';
}

/** A domain whose records say where its services are: MX records for mail, SRV records for XMPP. */
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
  /** Names by which CAA records know the CA; empty: unknown, or it does not look at them. */
  readonly issuers: readonly string[];
  /** The account, where there is one. */
  readonly account?: string;
  /**
   * Records of the CA's own certificates are published: whoever gets a certificate there is let in.
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
  /** Records are there, and nothing vouches for them. */
  | 'insecure'
  /** Neither records nor a signed zone. */
  | 'none'
  /** Clients that insist on DNSSEC get nothing from this name: mail waits. */
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
  /** Below which the records in force stand, or would: the SNI. */
  readonly base: Fqdn;
  /** Where clients ask for them. */
  readonly asked: Fqdn;
  /** Where the records stand, after CNAMEs. */
  readonly owner: Fqdn;
  readonly records: readonly TlsaRecord[];
  /** How many more there are than are judged. */
  readonly beyond: number;
  /** As the resolver's cache has it; what servers send is with them. */
  readonly ttl?: Seconds;
  readonly candidates: readonly Base[];
  /** Clients ask for them: nothing on the way to the host keeps them from it. */
  readonly applies: boolean;
  readonly detail?: string;
}

export type EndpointLook =
  | (Extract<Handshake, { readonly status: 'presented' }> & { readonly chain: Chain })
  | Exclude<Handshake, { readonly status: 'presented' }>;

/**
 * What one address presented of one kind of certificate. What fails before any certificate is told
 * of ECDSA and RSA.
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
  /** How many more there are than are looked at. */
  readonly beyond: number;
  readonly tlsa: TlsaFacts;
  /** Look-ups that uncover common mistakes: where else records stand. */
  readonly strays: readonly Asked[];
  readonly endpoints: readonly EndpointFacts[];
  /**
   * What each name server says of the records, the host and their zones; empty where nobody wants
   * to know.
   */
  readonly zones: readonly Look[];
  /** When it was looked at, and the time that certificates are judged for. */
  readonly lookedAt: Instant;
  readonly at: Instant;
  /** Records that the configuration's own rollovers put there for certificates to come. */
  readonly expected: ReadonlySet<RdataHex>;
}
