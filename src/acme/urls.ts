// Which URLs of a CA are requested. RFC 8555 allows a CA to keep its resources on other hosts than
// its directory, so the host is not restricted. HTTPS is required (§6.1), and a CA on the Internet
// must not send signed requests to private addresses.
import { isIP } from 'node:net';
import { AppError } from '../base/errors.ts';

/** Longer than the URLs of any CA. */
const LONGEST = 2048;

/**
 * Private, loopback, link-local and unspecified, in the form of URLs (RFC 6890). Names are not
 * looked up here.
 */
const INSIDE = [
  /^(0|10|127)\./,
  /^169\.254\./,
  /^172\.(1[6-9]|2\d|3[01])\./,
  /^192\.168\./,
  /^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./,
  /^\[(::1?|::ffff:.*|f[cd].*|fe[89ab].*)\]$/,
  /(^|\.)localhost\.?$/,
];

const isInside = (host: string): boolean => INSIDE.some((pattern) => pattern.test(host));

/** Throws for a URL that must not be requested. @throws AppError ACME_PROBLEM */
export type UrlGuard = (url: string) => void;

export function createUrlGuard(directoryUrl: string): UrlGuard {
  const directory = URL.canParse(directoryUrl) ? new URL(directoryUrl) : undefined;
  return (text) => {
    if (directory === undefined || text === directoryUrl) return;
    const why = objectionTo(text, directory);
    if (why === undefined) return;
    throw new AppError('ACME_PROBLEM', `the CA names a URL that holger does not request: ${why}`, {
      hint: 'nothing was sent there; check directory, and ask the CA',
      details: { type: 'about:blank', url: text.slice(0, LONGEST) },
    });
  };
}

function objectionTo(text: string, directory: URL): string | undefined {
  if (text.length > LONGEST) return `it has ${text.length} characters`;
  if (!URL.canParse(text)) return `"${text}" is not a URL`;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return `${url.host} with credentials`;
  const plain = url.protocol === 'http:' && directory.protocol === 'http:';
  if (url.protocol !== 'https:' && !plain) return `${text} is not https`;
  if (url.hostname === directory.hostname || isInside(directory.hostname)) return undefined;
  return isInside(url.hostname) ? `${text} is ${addressKind(url.hostname)}` : undefined;
}

function addressKind(host: string): string {
  const isAddress = isIP(host.replace(/^\[|\]$/g, '')) !== 0;
  return (
    `${isAddress ? 'an address' : 'a host'} in a private network, and the directory is ` + 'not'
  );
}
