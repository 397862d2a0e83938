// The key of a service account, in the file format of Google, and the assertion for a token (RFC
// 7523 §3; Google: "Using OAuth 2.0 for Server to Server Applications").
import { createPrivateKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Instant, Seconds } from '../../src/base/clock.ts';
import { AppError } from '../../src/base/errors.ts';
import { Json } from '../_kit/json.ts';

/** The longest lifetime of an assertion. */
const LASTS: Seconds = 3600;

export interface ServiceAccount {
  readonly email: string;
  readonly project: string;
  readonly keyId: string;
  readonly key: KeyObject;
  readonly pem: string;
  readonly tokenUrl: string;
}

/** From the JSON file. @throws AppError CONFIG_INVALID, which shows nothing of it */
export function serviceAccount(text: string): ServiceAccount {
  try {
    const json = Json.parse(text, '');
    const pem = json.at('private_key').text();
    const key = createPrivateKey(pem);
    const isOne = json.at('type').raw === 'service_account' && key.asymmetricKeyType === 'rsa';
    if (!isOne) throw new Error('another kind of key');
    return {
      email: json.at('client_email').text(),
      project: json.at('project_id').text(),
      keyId: json.at('private_key_id').text(),
      ...{ key, pem },
      tokenUrl: new URL(json.at('token_uri').text()).href,
    };
  } catch {
    throw new AppError(
      'CONFIG_INVALID',
      'the content of credentials is not a service account key',
      {
        hint: 'create a key of the service account, of type JSON, and use the whole file',
      },
    );
  }
}

/** Valid for one token, for an hour. */
export function assertionOf(account: ServiceAccount, scope: string, now: Instant): string {
  const issued = Math.floor(now);
  const times = { iat: issued, exp: issued + LASTS };
  const claims = { iss: account.email, scope, aud: account.tokenUrl, ...times };
  const signed = [{ alg: 'RS256', typ: 'JWT', kid: account.keyId }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${signed}.${sign('sha256', Buffer.from(signed), account.key).toString('base64url')}`;
}
