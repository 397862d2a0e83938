// The algorithm numbers of DNSSEC: the form of a key in DNSKEY data, and how its signatures are
// verified.
import { createPublicKey, verify, type JsonWebKey, type KeyObject } from 'node:crypto';
import { toBase64Url } from '../base/bytes.ts';
import { viewOf } from './wire-reader.ts';
import type { Dnskey } from './dnskey.ts';

interface Algorithm {
  readonly name: string;
  /** Null: the scheme hashes by itself. */
  readonly hash: 'sha256' | 'sha384' | 'sha512' | null;
  readonly keyOf: (publicKey: Uint8Array) => JsonWebKey | undefined;
  /** In octets; RSA signatures are as long as the modulus. */
  readonly signatureLength?: number;
}

// RSASHA1 (5, 7) is left out: validators must treat it as unsupported (RFC 9905 §2). So are
// algorithms that are not in use.
const ALGORITHM: Readonly<Record<number, Algorithm>> = {
  8: { name: 'RSASHA256', hash: 'sha256', keyOf: rsaKey }, // RFC 5702
  10: { name: 'RSASHA512', hash: 'sha512', keyOf: rsaKey },
  13: { name: 'ECDSAP256SHA256', hash: 'sha256', keyOf: curve('P-256', 32), signatureLength: 64 }, // RFC 6605
  14: { name: 'ECDSAP384SHA384', hash: 'sha384', keyOf: curve('P-384', 48), signatureLength: 96 },
  15: { name: 'ED25519', hash: null, keyOf: edwards('Ed25519', 32), signatureLength: 64 }, // RFC 8080
  16: { name: 'ED448', hash: null, keyOf: edwards('Ed448', 57), signatureLength: 114 },
};

export function isSupportedAlgorithm(algorithm: number): boolean {
  return ALGORITHM[algorithm] !== undefined;
}

/** `ECDSAP256SHA256(13)`, or `algorithm 5`. */
export function algorithmText(algorithm: number): string {
  const known = ALGORITHM[algorithm];
  return known === undefined ? `algorithm ${algorithm}` : `${known.name}(${algorithm})`;
}

/**
 * The key for node:crypto; undefined if its algorithm is unknown here or its octets are not such a
 * key.
 */
export function keyObjectOf(key: Dnskey): KeyObject | undefined {
  const jwk = ALGORITHM[key.algorithm]?.keyOf(key.publicKey);
  if (jwk === undefined) return undefined;
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return undefined; // for example a point that is not on the curve
  }
}

/** Whether the signature over `data` matches the key. */
export function signatureFits(
  algorithm: number,
  key: KeyObject,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  const known = ALGORITHM[algorithm];
  if (known === undefined) return false;
  if (signature.length !== (known.signatureLength ?? signature.length)) return false;
  try {
    return verify(known.hash, data, { key, dsaEncoding: 'ieee-p1363' }, signature);
  } catch {
    return false; // OpenSSL refuses some keys only when they are used, for example an even modulus
  }
}

// RFC 5702 §2: up to 4096 bits. Longer keys and long exponents would only cost time: an exponent as
// long as its modulus makes a verification fifty times as expensive. 65537 takes three octets.
const RSA_OCTETS = { least: 64, most: 512, exponent: 8 } as const;

/**
 * RFC 3110 §2: length of the exponent in one octet, or in two behind a zero, then exponent and
 * modulus.
 */
function rsaKey(publicKey: Uint8Array): JsonWebKey | undefined {
  if (publicKey.length < 3) return undefined;
  const view = viewOf(publicKey);
  const isLong = view.getUint8(0) === 0;
  const start = isLong ? 3 : 1;
  const end = start + (isLong ? view.getUint16(1) : view.getUint8(0));
  const exponent = publicKey.subarray(start, end);
  const modulus = publicKey.subarray(end);
  if (exponent.length === 0 || exponent.length > RSA_OCTETS.exponent) return undefined;
  if (modulus.length < RSA_OCTETS.least || modulus.length > RSA_OCTETS.most) return undefined;
  return { kty: 'RSA', e: toBase64Url(exponent), n: toBase64Url(modulus) };
}

function curve(crv: string, octets: number): Algorithm['keyOf'] {
  return (publicKey) =>
    publicKey.length === 2 * octets
      ? {
          kty: 'EC',
          crv,
          x: toBase64Url(publicKey.subarray(0, octets)),
          y: toBase64Url(publicKey.subarray(octets)),
        }
      : undefined;
}

function edwards(crv: string, octets: number): Algorithm['keyOf'] {
  return (publicKey) =>
    publicKey.length === octets ? { kty: 'OKP', crv, x: toBase64Url(publicKey) } : undefined;
}
