// Certificate association data: what a record says about a certificate (RFC 6698 §2.1.2 to §2.1.4).
import { createHash } from 'node:crypto';
import type { ChainCertificate } from './chain.ts';
import type { TlsaRecord } from './tlsa.ts';

/** What a selector can choose from; `der` is empty while there is a key and no certificate. */
export type Selectable = Pick<ChainCertificate, 'der' | 'spki'>;

/** Octets of a digest by matching type: SHA2-256(1), SHA2-512(2). */
export const DIGEST_OCTETS: Readonly<Record<number, number>> = { 1: 32, 2: 64 };

// The laws ask for the same digests thousands of times; certificates are values that do not change.
const computed = new WeakMap<Selectable, Map<number, string>>();

/**
 * The association data of a certificate, lower-case hex; undefined for parameters that RFC 6698
 * does not assign, and for a certificate whose key could not be found (nothing may match an empty
 * key).
 *
 * Selector SPKI(1) takes SubjectPublicKeyInfo with its algorithm identifier, not the bare key bits:
 * a tool that hashes the BIT STRING gives a well-formed record that never matches.
 */
export function associationData(
  certificate: Selectable,
  selector: number,
  matchingType: number,
): string | undefined {
  if (selector !== 0 && selector !== 1) return undefined;
  const selected = selector === 0 ? certificate.der : certificate.spki;
  if (selected === '') return undefined;
  if (matchingType === 0) return selected;
  if (matchingType !== 1 && matchingType !== 2) return undefined;

  let known = computed.get(certificate);
  if (known === undefined) computed.set(certificate, (known = new Map()));
  const slot = selector * 4 + matchingType;
  let digest = known.get(slot);
  if (digest === undefined) {
    digest = createHash(matchingType === 1 ? 'sha256' : 'sha512')
      .update(selected, 'hex')
      .digest('hex');
    known.set(slot, digest);
  }
  return digest;
}

/**
 * The record that names this certificate.
 * @throws RangeError for parameters that RFC 6698 does not assign, or a certificate without a
 * readable key
 */
export function tlsaFor(
  certificate: Selectable,
  usage: number,
  selector: number,
  matchingType: number,
): TlsaRecord {
  const data = associationData(certificate, selector, matchingType);
  if (data === undefined || !Number.isInteger(usage) || usage < 0 || usage > 3) {
    throw new RangeError(`no TLSA record ${usage} ${selector} ${matchingType} can be made of this`);
  }
  return { usage, selector, matchingType, data };
}
