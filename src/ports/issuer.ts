// A certificate authority as the engine sees it: one status look per step, everything that must
// survive a crash is a value.
import type { Instant, Seconds } from '../base/clock.ts';
import type { CaaParty } from '../dns/caa.ts';
import type { Fqdn } from '../dns/name.ts';
import type { Call } from './call.ts';

/** How a TXT record proves a name. */
export type ChallengeMethod = 'dns-01' | 'dns-account-01' | 'dns-persist-01';

/** A challenge that is to be answered by a TXT record (RFC 8555 §8.4). */
export interface DnsChallenge {
  /** The name that is proven, without "*.". */
  readonly identifier: string;
  readonly authorizationUrl: string;
  readonly challengeUrl: string;
  /** `_acme-challenge.<identifier>.` for dns-01, before CNAMEs. */
  readonly owner: Fqdn;
  /** The TXT value, unquoted. */
  readonly value: string;
  /** The record answers later challenges of this issuer, too, and stays (dns-persist-01). */
  readonly stays?: true;
  /** Why an answer was not accepted, where the CA waits for another one. */
  readonly problem?: string;
  /** Epoch seconds before which the CA wants no further request (Retry-After). */
  readonly notBefore?: Instant;
}

export interface OrderStatus {
  readonly url: string;
  readonly status: 'pending' | 'ready' | 'processing' | 'valid' | 'invalid';
  /** Epoch seconds before which the CA asked not to look again (Retry-After). */
  readonly notBefore?: Instant;
  /** Challenges that wait for an answer, or for another one; empty unless `pending`. */
  readonly challenges: readonly DnsChallenge[];
  /** Another challenge was answered, and the CA may still look for its value. */
  readonly validating?: true;
  /** Why it is invalid, in the CA's words. */
  readonly problem?: string;
  /** Names that the CA could not validate, without "*.". */
  readonly failed?: readonly string[];
  /** A new order that the CA took as the replacement that it names (RFC 9773 §5). */
  readonly replaces?: true;
}

/** How the operator wants an order and its chain to be. */
export interface OrderWishes {
  /** Required: without it nothing is ordered. */
  readonly profile?: string;
  /** Asked for where the CA offers it. */
  readonly preferredProfile?: string;
  readonly preferredChain?: string;
  /** Of the certificate; undefined: as the CA decides. */
  readonly lifetime?: Seconds;
  /** The proofs of the names are not used for another order. */
  readonly deactivateAuthorizations?: boolean;
}

export interface NewOrder extends OrderWishes {
  /** A-labels, lower case; wildcards as "*.example.org". */
  readonly domains: readonly string[];
  /** Certificate id that this order replaces (RFC 9773 §5). Dropped once when the CA refuses it. */
  readonly replaces?: string;
}

/** RFC 9773 §4.2. */
export interface RenewalWindow {
  readonly start: Instant;
  readonly end: Instant;
  readonly explanationUrl?: string;
  /** When to ask again (Retry-After, 1 min to 1 d). */
  readonly nextLookAt: Instant;
}

/**
 * RFC 5280 §5.3.1: unspecified, key compromise, affiliation changed, superseded, cessation of
 * operation, privilege withdrawn.
 */
export type RevocationReason = 0 | 1 | 3 | 4 | 5 | 9;

export interface Revocation {
  readonly certificateDer: Uint8Array;
  readonly reason?: RevocationReason;
  /**
   * Signs with the key of the certificate: for a lost account, and as proof of a compromised key.
   */
  readonly certificateKeyPem?: string;
}

export interface Issuer {
  /** URL of the CA's directory (RFC 8555 §7.1.1), or the id of an issuer that signs here. */
  readonly directory: string;
  /** It signs in this process: names are not proven, and it may get the key of the certificate. */
  readonly signsHere?: true;
  /** By which names are proven; absent where they are not. */
  readonly method?: ChallengeMethod;
  /**
   * The labels of challenges before the names that they prove. Asks the CA nothing: for
   * dns-account-01 those of dns-01 until there is an account.
   */
  challengeLabels?(): Promise<string>;
  /**
   * How a record that stays for this name (A-label, without "*.") may name the account; none
   * without an account here, and for another method than dns-persist-01.
   */
  standingAccounts?(name: string, call: Call): Promise<readonly string[]>;
  /**
   * Before a key and an order exist. @throws AppError ACME_PROBLEM for what the CA would refuse
   */
  checkOrder?(order: NewOrder, call: Call): Promise<void>;
  /**
   * As whom CAA records must name the issuer (RFC 8659 §4.2, RFC 8657); creates no account. Absent
   * or undefined: it does not read CAA records, or does not say under which name.
   */
  caaParty?(call: Call): Promise<CaaParty | undefined>;
  newOrder(order: NewOrder, call: Call): Promise<OrderStatus>;
  /** `domains`: the names of the order; what the CA asks beyond them makes it invalid. */
  lookAtOrder(url: string, call: Call, domains?: readonly string[]): Promise<OrderStatus>;
  /**
   * Asks the CA to check the TXT record. Only after every authoritative address serves it. @returns
   * epoch seconds before which the CA wants no further request, if it names a time
   */
  answerChallenge(challenge: DnsChallenge, call: Call): Promise<Instant | undefined>;
  /** `privkeyPem`: of the certificate, for an issuer that signs here, and for no other. */
  finalize(url: string, csrDer: Uint8Array, call: Call, privkeyPem?: string): Promise<OrderStatus>;
  /** The PEM chain of a valid order: leaf first. */
  download(url: string, preferredChain: string | undefined, call: Call): Promise<string>;
  /** Ends the authorizations of an order (RFC 8555 §7.5.2). @returns how many */
  endAuthorizations?(orderUrl: string, call: Call): Promise<number>;
  /** Undefined when the CA has no ARI. */
  renewalInfo(certId: string, call: Call): Promise<RenewalWindow | undefined>;
  /** Does nothing for a certificate that is revoked already (RFC 8555 §7.6). */
  revoke(revocation: Revocation, call: Call): Promise<void>;
}
