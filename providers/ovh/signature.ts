// The signature of a request to OVH (https://github.com/ovh/python-ovh, "How to sign a request"): a
// SHA-1 over two secrets, the request and the time.
import { createHash } from 'node:crypto';
import type { Instant } from '../../src/base/clock.ts';

export interface Credentials {
  readonly applicationKey: string;
  readonly applicationSecret: string;
  readonly consumerKey: string;
}

export interface Signed {
  readonly method: string;
  /** The complete URL with its query, as it is sent. */
  readonly url: string;
  /** Empty if there is none. */
  readonly body: string;
}

/** `now`: by the clock of the API, which refuses requests that differ by more than a little. */
export function signatureHeaders(
  { applicationKey, applicationSecret, consumerKey }: Credentials,
  { method, url, body }: Signed,
  now: Instant,
): Readonly<Record<string, string>> {
  const time = String(Math.floor(now));
  const text = [applicationSecret, consumerKey, method, url, body, time].join('+');
  return {
    'x-ovh-application': applicationKey,
    'x-ovh-consumer': consumerKey,
    'x-ovh-timestamp': time,
    'x-ovh-signature': `$1$${createHash('sha1').update(text).digest('hex')}`,
  };
}
