// A presented chain, reduced to what matching needs. x509/ makes it from DER; simulations build it
// directly.
import type { Instant } from '../base/clock.ts';

export interface ChainCertificate {
  /** The certificate's DER, lower-case hex. */
  readonly der: string;
  /**
   * SubjectPublicKeyInfo cut out of the certificate's own DER, lower-case hex (RFC 6698 §2.1.2).
   * Empty: it could not be found.
   */
  readonly spki: string;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  /** DNS names of subjectAltName, else the common name; lower case, may start with "*.". */
  readonly names: readonly string[];
  /** Basic constraints say CA, and key usage, where present, allows signing certificates. */
  readonly canSign: boolean;
  /** Longest number of intermediate certificates below this one; undefined: unlimited. */
  readonly pathLength?: number;
  /** False: extended key usage is present and does not allow TLS servers, here or below. */
  readonly serverAuth?: boolean;
  /**
   * Positions in this chain of other certificates whose subject and key verifiably signed this one.
   */
  readonly signedBy: readonly number[];
}

/**
 * The number of certificates of a chain that are checked. Chains of public CAs have two to four; a
 * longer chain only costs time. Clients have similar limits: Postfix's smtp_tls_scert_verifydepth
 * is 9.
 */
export const MOST_CERTIFICATES = 16;

/** The certificates of one handshake, as sent, in wire order; the first is the leaf. */
export interface Chain {
  /** SHA-256 over the DERs in order, of all that were sent, lower-case hex. */
  readonly id: string;
  readonly certificates: readonly ChainCertificate[];
  /** How many more were sent and not checked. */
  readonly more?: number;
}

/**
 * Whether two chains have the same leaf certificate, however many certificates were sent with it.
 */
export function sameLeaf(a: Chain, b: Chain): boolean {
  const leaf = a.certificates[0]?.der;
  return leaf !== undefined && leaf === b.certificates[0]?.der;
}
