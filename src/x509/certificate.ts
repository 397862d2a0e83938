// Questions about one certificate: who it is for, who issued it, which key fits, how ARI names it.
import { X509Certificate } from 'node:crypto';
import { toBase64Url } from '../base/bytes.ts';
import { AppError, reasonOf } from '../base/errors.ts';
import type { KeyAlgorithm } from '../dane/key-algorithm.ts';
import { isSignedBy, parseNative } from './chain.ts';
import { authorityKeyIdentifierOf, dnsNamesOf } from './extensions.ts';
import { certificateFields } from './fields.ts';
import type { Validity } from './fields.ts';
import { algorithmOfKey, readPrivateKey } from './keys.ts';

/**
 * The ARI identifier: keyIdentifier and serial number, base64url, joined by a dot (RFC 9773 §4.1).
 * The serial's octets come from the DER: parsers drop the leading 00 of a number whose first bit is
 * set, and the CA then does not know the id.
 * @returns undefined for a certificate without an authority key identifier
 */
export function certId(der: Uint8Array): string | undefined {
  try {
    const fields = certificateFields(der);
    const keyIdentifier = authorityKeyIdentifierOf(fields);
    if (keyIdentifier === undefined) return undefined;
    return `${toBase64Url(keyIdentifier)}.${toBase64Url(fields.serial)}`;
  } catch {
    return undefined;
  }
}

/** Issued under its own name and signed with its own key. */
export function isSelfSigned(der: Uint8Array): boolean {
  const certificate = parseNative(der);
  return certificate !== undefined && isSignedBy(certificate, certificate);
}

export interface CertificateLabel {
  /** "CN=R13, O=Let's Encrypt, C=US"; for messages only. */
  readonly subject: string;
  readonly issuer: string;
}

export function labelOf(der: Uint8Array): CertificateLabel {
  const certificate = parseNative(der);
  const oneLine = (name: string | undefined): string =>
    name === undefined || name === '' ? '(no name)' : name.split('\n').reverse().join(', ');
  return certificate === undefined
    ? { subject: '(cannot be parsed)', issuer: '(cannot be parsed)' }
    : { subject: oneLine(certificate.subject), issuer: oneLine(certificate.issuer) };
}

/** Of the key of a certificate. */
export function algorithmOf(der: Uint8Array): KeyAlgorithm {
  try {
    const certificate = parseNative(der);
    return certificate === undefined ? 'other' : algorithmOfKey(certificate.publicKey);
  } catch {
    // OpenSSL does not know the kind.
    return 'other';
  }
}

/** The DNS names of a certificate, lower case; empty when it cannot be read. */
export function dnsNames(der: Uint8Array): readonly string[] {
  try {
    return dnsNamesOf(certificateFields(der));
  } catch {
    return [];
  }
}

/** Undefined when the dates cannot be read. */
export function validityOfCertificate(der: Uint8Array): Validity | undefined {
  try {
    return certificateFields(der).validity;
  } catch {
    return undefined;
  }
}

/**
 * Whether the private key belongs to the certificate.
 * @throws AppError INPUT_INVALID when either cannot be read; the message never holds key material
 */
export function keyMatches(privkeyPem: string, der: Uint8Array): boolean {
  const key = readPrivateKey(privkeyPem);
  try {
    return new X509Certificate(der).checkPrivateKey(key);
  } catch (error) {
    throw new AppError('INPUT_INVALID', `the certificate cannot be read: ${reasonOf(error)}`);
  }
}
