// The certificate request (RFC 2986, RFC 8555 §7.4): our key, all names in subjectAltName.
import { webcrypto } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type * as X509 from '@peculiar/x509';
import { AppError } from '../base/errors.ts';
import { readPrivateKey } from './keys.ts';

interface Signing {
  readonly importing: webcrypto.EcKeyImportParams | webcrypto.RsaHashedImportParams;
  readonly hash: 'SHA-256' | 'SHA-384';
}

/** P-384 signs with SHA-384, as large as its order; all others with SHA-256. */
export function signingOf(key: KeyObject): Signing {
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (key.asymmetricKeyType === 'rsa') {
    return { importing: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, hash: 'SHA-256' };
  }
  if (curve === 'prime256v1') {
    return { importing: { name: 'ECDSA', namedCurve: 'P-256' }, hash: 'SHA-256' };
  }
  if (curve === 'secp384r1') {
    return { importing: { name: 'ECDSA', namedCurve: 'P-384' }, hash: 'SHA-384' };
  }
  throw new AppError('INPUT_INVALID', 'the key is neither RSA nor EC on P-256 or P-384', {
    hint: 'a CA would not sign it; generate another key',
  });
}

/**
 * A certificate request in DER.
 *
 * It has no common name: that is deprecated, and at most 64 octets long (RFC 5280 appendix A.1).
 * @param names A-labels, lower case, without trailing dot; wildcards as "*.example.org"
 * @throws AppError INPUT_INVALID for a key that cannot be used or no names
 */
export async function createCsr(privkeyPem: string, names: readonly string[]): Promise<Uint8Array> {
  const first = names[0];
  if (first === undefined) throw new AppError('INPUT_INVALID', 'a certificate needs a name');
  const key = readPrivateKey(privkeyPem);
  const { importing, hash } = signingOf(key);
  const x509 = await loadX509();
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    keys: await keyPairOf(key),
    signingAlgorithm: { name: importing.name, hash },
    extensions: [
      new x509.SubjectAlternativeNameExtension(
        [...new Set(names)].map((value) => ({ type: 'dns', value })),
      ),
    ],
  });
  return new Uint8Array(request.rawData);
}

/** In the form of web cryptography. */
export async function keyPairOf(key: KeyObject): Promise<webcrypto.CryptoKeyPair> {
  const { importing } = signingOf(key);
  const der = key.export({ type: 'pkcs8', format: 'der' });
  const { subtle } = webcrypto;
  const privateKey = await subtle.importKey('pkcs8', der, importing, true, ['sign']);
  const jwk = await publicJwk(privateKey);
  return { privateKey, publicKey: await subtle.importKey('jwk', jwk, importing, true, ['verify']) };
}

async function publicJwk(privateKey: webcrypto.CryptoKey): Promise<webcrypto.JsonWebKey> {
  const jwk = await webcrypto.subtle.exportKey('jwk', privateKey);
  const { kty, crv, x, y, n, e } = jwk;
  return Object.fromEntries(
    Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined),
  );
}

/** Loaded when first needed: the library takes longer to start than all the rest of a `status`. */
export async function loadX509(): Promise<typeof X509> {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  x509.cryptoProvider.set(webcrypto);
  return x509;
}
