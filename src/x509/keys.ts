// Private keys of generations: made here, handed on as PKCS#8 PEM, never logged.
import { createPrivateKey, createPublicKey, generateKeyPair } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { toHex } from '../base/bytes.ts';
import { AppError } from '../base/errors.ts';
import { memo } from '../base/memo.ts';
import type { KeyAlgorithm } from '../dane/key-algorithm.ts';

export type KeyType = 'ec-p256' | 'ec-p384' | 'rsa-2048' | 'rsa-3072' | 'rsa-4096';

const generate = promisify(generateKeyPair);

/** A new private key as PKCS#8 PEM. RSA keys are made in the thread pool and may take a second. */
export async function generateKey(type: KeyType = 'ec-p256'): Promise<string> {
  const { privateKey } = type.startsWith('ec-')
    ? await generate('ec', { namedCurve: type === 'ec-p384' ? 'P-384' : 'P-256' })
    : await generate('rsa', { modulusLength: Number(type.slice(4)) });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Keys that are in use at the same time: one step follows the other with the same one. */
const MOST_KEYS = 32;

/** @throws AppError INPUT_INVALID without a word of the key */
export const readPrivateKey = memo(MOST_KEYS, (privkeyPem): KeyObject => {
  try {
    return createPrivateKey(privkeyPem);
  } catch {
    throw new AppError('INPUT_INVALID', 'the private key cannot be read', {
      hint: 'give an unencrypted private key in PEM',
    });
  }
});

/**
 * SubjectPublicKeyInfo of a private key, DER in hex: what a `3 1 1` of a certificate that does not
 * exist yet is computed from. For the key types above a CA copies it unchanged from the CSR, which
 * csr.ts fills with these same octets.
 */
export const spkiOfKey = memo(MOST_KEYS, (privkeyPem): string => {
  const publicKey = createPublicKey(readPrivateKey(privkeyPem));
  return toHex(publicKey.export({ type: 'spki', format: 'der' }));
});

/** The same key as PKCS#8 PEM, alone: other programs write SEC 1 or PKCS #1, and parameters. */
export function asPkcs8(privkeyPem: string): string {
  return readPrivateKey(privkeyPem).export({ type: 'pkcs8', format: 'pem' }).toString();
}

const ALGORITHM: Readonly<Record<string, KeyAlgorithm>> = {
  ec: 'ecdsa',
  rsa: 'rsa',
  'rsa-pss': 'rsa-pss',
  ed25519: 'ed25519',
  ed448: 'ed448',
};

export function keyAlgorithmOf(privkeyPem: string): KeyAlgorithm {
  return algorithmOfKey(readPrivateKey(privkeyPem));
}

export function algorithmOfKey({ asymmetricKeyType }: KeyObject): KeyAlgorithm {
  return ALGORITHM[asymmetricKeyType ?? ''] ?? 'other';
}
