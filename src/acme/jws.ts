// Signatures of requests to a CA (RFC 8555 §6.2), and values derived from the account's public key,
// all made by jose.
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { FlattenedJWS, JWK } from 'jose';
import { defined } from '../base/defined.ts';
import { AppError } from '../base/errors.ts';

/** Loaded when the first request is signed: `holger check` does not need it. */
const jose = () => import('jose');

export interface Protected {
  readonly url: string;
  /** The inner signature of a key change has none (RFC 8555 §7.3.5). */
  readonly nonce?: string;
  /** `kid`; undefined signs with the whole public key in its place, as for newAccount. */
  readonly accountUrl: string | undefined;
}

const CURVES: Readonly<Record<string, string>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
};

/** The algorithm for the kind of key: RFC 8555 §6.2 leaves no choice. */
export function algorithmOf(key: KeyObject): string {
  const algorithm =
    key.asymmetricKeyType === 'rsa' ? 'RS256' : CURVES[key.asymmetricKeyDetails?.namedCurve ?? ''];
  if (algorithm !== undefined) return algorithm;
  throw new AppError('ACME_PROBLEM', 'the account key is neither an RSA nor an ECDSA key', {
    hint: 'an account key is RSA, or ECDSA on P-256, P-384 or P-521',
  });
}

interface AccountKey {
  readonly pem: string;
  readonly key: KeyObject;
  readonly alg: string;
  jwk?: JWK;
}

/** Accounts at several CAs, and the keys of certificates that are revoked. */
const MOST_KEYS = 8;
/** To decode a key takes longer than to sign with it, and an order needs ten signatures. */
const known: AccountKey[] = [];

function keyOf(pem: string): AccountKey {
  const found = known.find((one) => one.pem === pem);
  if (found !== undefined) return found;
  const key = createPrivateKey(pem);
  const made = { pem, key, alg: algorithmOf(key) };
  known.unshift(made);
  known.splice(MOST_KEYS);
  return made;
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The public half of a key (RFC 7517). */
export async function publicJwk(keyPem: string): Promise<JWK> {
  const account = keyOf(keyPem);
  const { exportJWK } = await jose();
  return (account.jwk ??= await exportJWK(createPublicKey(account.key)));
}

/**
 * @param keyPem PKCS#8; @param payload undefined: POST-as-GET, whose payload is empty (RFC 8555
 * §6.3)
 */
export async function signRequest(
  keyPem: string,
  { url, nonce, accountUrl }: Protected,
  payload: object | undefined,
): Promise<FlattenedJWS> {
  const { FlattenedSign } = await jose();
  const { key, alg } = keyOf(keyPem);
  const signer = accountUrl === undefined ? { jwk: await publicJwk(keyPem) } : { kid: accountUrl };
  return new FlattenedSign(encode(payload === undefined ? '' : JSON.stringify(payload)))
    .setProtectedHeader({
      alg,
      ...defined({ nonce }),
      url,
      ...signer,
    })
    .sign(key);
}

/**
 * The consent of the account holder at the CA (RFC 8555 §7.3.4): the public key under the MAC of
 * that external account.
 */
export async function bindAccount(
  keyPem: string,
  { kid, hmac }: { readonly kid: string; readonly hmac: string },
  url: string,
): Promise<FlattenedJWS> {
  const { FlattenedSign, base64url } = await jose();
  return new FlattenedSign(encode(JSON.stringify(await publicJwk(keyPem))))
    .setProtectedHeader({ alg: 'HS256', kid, url })
    .sign(base64url.decode(hmac));
}

/** RFC 7638, with SHA-256. */
export async function thumbprintOf(keyPem: string): Promise<string> {
  const { calculateJwkThumbprint } = await jose();
  return calculateJwkThumbprint(await publicJwk(keyPem));
}

/** The TXT value that answers a dns-01 challenge (RFC 8555 §8.1 and §8.4). */
export async function dns01Value(keyPem: string, token: string): Promise<string> {
  const { base64url } = await jose();
  const thumbprint = await thumbprintOf(keyPem);
  return base64url.encode(createHash('sha256').update(`${token}.${thumbprint}`).digest());
}
