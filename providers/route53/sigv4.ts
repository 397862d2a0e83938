// AWS Signature Version 4
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html): the
// Authorization header of one request. Pure: the time is in the headers.
import { createHash, createHmac } from 'node:crypto';

export interface Unsigned {
  readonly method: string;
  /** As in the request line. */
  readonly path: string;
  readonly query: Iterable<readonly [key: string, value: string]>;
  /** All of these are signed; `host` and `x-amz-date` (20150830T123600Z) are among them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface SigningKey {
  readonly id: string;
  readonly secret: string;
  readonly region: string;
  readonly service: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
const hmac = (key: string | Uint8Array, text: string): Uint8Array =>
  new Uint8Array(createHmac('sha256', key).update(text, 'utf8').digest());

/** Only the unreserved characters of RFC 3986 stay. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );

const inOrder = (a: readonly [string, string], b: readonly [string, string]): number =>
  a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]) ? -1 : 1;

export function authorization(request: Unsigned, key: SigningKey): string {
  const headers = Object.entries(request.headers)
    .map(([name, value]) => [name.toLowerCase(), value.trim().replace(/ +/g, ' ')] as const)
    .sort(inOrder);
  const query = [...request.query]
    .map(([name, value]) => [encoded(name), encoded(value)] as const)
    .sort(inOrder);
  const signed = headers.map(([name]) => name).join(';');
  const canonical = [
    request.method,
    request.path.split('/').map(encoded).join('/'),
    query.map(([name, value]) => `${name}=${value}`).join('&'),
    ...headers.map(([name, value]) => `${name}:${value}`),
    '',
    signed,
    sha256(request.body),
  ].join('\n');

  const at = headers.find(([name]) => name === 'x-amz-date')?.[1] ?? '';
  const scope = [at.slice(0, 8), key.region, key.service, 'aws4_request'];
  const derived = scope.reduce<string | Uint8Array>(hmac, `AWS4${key.secret}`);
  const toSign = [ALGORITHM, at, scope.join('/'), sha256(canonical)].join('\n');
  const signature = Buffer.from(hmac(derived, toSign)).toString('hex');
  const credential = `${key.id}/${scope.join('/')}`;
  return `${ALGORITHM} Credential=${credential}, SignedHeaders=${signed}, Signature=${signature}`;
}
