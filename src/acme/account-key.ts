// The account key of another client: PEM as acme.sh (account.key) and lego (.key) write it, or a
// JWK as certbot does (private_key.json).
import { createPrivateKey } from 'node:crypto';
import type { JsonWebKey, KeyObject } from 'node:crypto';
import { AppError } from '../base/errors.ts';
import { algorithmOf } from './jws.ts';

/** CAs refuse weaker keys, and much larger ones are not in use. */
const RSA_BITS = { least: 2048, most: 8192 };

/** Before the key, some files have its parameters, or a certificate after it. */
const KEY_BLOCK = /-----BEGIN ((?:RSA |EC )?PRIVATE KEY)-----[\s\S]*?-----END \1-----/;

/** @returns PKCS#8 PEM. @throws AppError INPUT_INVALID, without a part of the key */
export function readAccountKey(text: string): string {
  const key = keyIn(text);
  if (key === undefined) {
    throw new AppError('INPUT_INVALID', 'the file has no private key that can be read', {
      hint: 'give an unencrypted key: PEM (acme.sh: account.key; lego: .key) or JWK (certbot: private_key.json)',
    });
  }
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && (bits < RSA_BITS.least || bits > RSA_BITS.most)) {
    throw new AppError('INPUT_INVALID', `the key has ${bits} bits, and CAs take no such key`, {
      hint: `an RSA key of an account has ${RSA_BITS.least} to ${RSA_BITS.most} bits`,
    });
  }
  algorithmOf(key);
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function keyIn(text: string): KeyObject | undefined {
  try {
    const [block] = KEY_BLOCK.exec(text) ?? [];
    if (block !== undefined) return createPrivateKey(block);
    const jwk = JSON.parse(text) as JsonWebKey;
    return createPrivateKey({ key: jwk, format: 'jwk' });
  } catch {
    return undefined;
  }
}
