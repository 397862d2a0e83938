// The headers of a POST to a receiver of the operator, and the parts of it that may be secret.
import { createHmac } from 'node:crypto';

export interface ReceiverSecrets {
  readonly bearer?: string | undefined;
  readonly hmac?: string | undefined;
}

/** `hmac` signs the octets of the body. */
export function receiverHeaders(
  body: string,
  { bearer, hmac }: ReceiverSecrets,
): Readonly<Record<string, string>> {
  return {
    'content-type': 'application/json',
    ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    ...(hmac === undefined ? {} : { 'holger-signature': `sha256=${sign(body, hmac)}` }),
  };
}

/** Receivers with a secret in the URL have it in the path or the query. */
export function receiverSecrets(url: string, { bearer, hmac }: ReceiverSecrets): string[] {
  const { pathname, search } = new URL(url);
  const parts = [pathname, search].filter((part) => part.length > 1);
  return [...parts, bearer, hmac].filter((secret) => secret !== undefined);
}

const sign = (body: string, key: string): string =>
  createHmac('sha256', key).update(body).digest('hex');
