// Service URLs: `smtp://mx1.example.org`, `imaps://mail.example.org:1993`. Also read from the command line by `issue --service`.
import { isIP } from 'node:net';
import { AppError } from '../base/errors.ts';
import { fqdn } from '../dns/name.ts';
import type { Protocol } from '../ports/probe.ts';
import type { ServiceConfig } from './schema.ts';
import { didYouMean } from './suggest.ts';

/** What is spoken before TLS begins, and the port that IANA assigned. `tls` has none: its port must be written. */
const SCHEMES: Readonly<Record<string, { readonly protocol: Protocol; readonly port?: number }>> = {
  smtp: { protocol: 'smtp', port: 25 },
  submission: { protocol: 'submission', port: 587 },
  submissions: { protocol: 'tls', port: 465 },
  smtps: { protocol: 'tls', port: 465 },
  lmtp: { protocol: 'lmtp', port: 24 },
  imap: { protocol: 'imap', port: 143 },
  imaps: { protocol: 'tls', port: 993 },
  pop3: { protocol: 'pop3', port: 110 },
  pop3s: { protocol: 'tls', port: 995 },
  https: { protocol: 'tls', port: 443 },
  ldaps: { protocol: 'tls', port: 636 },
  xmpps: { protocol: 'tls', port: 5223 },
  tls: { protocol: 'tls' },
};

function refuse(url: string, reason: string): never {
  throw new AppError('INPUT_INVALID', `service "${url}" ${reason}`, {
    hint: 'write a service like smtp://mx1.example.org:25',
  });
}

/** @throws AppError INPUT_INVALID */
export function parseService(url: string): ServiceConfig {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/:?#[\]@]+)(?::(\d{1,5}))?\/?$/i.exec(url);
  if (match === null) refuse(url, 'is no URL of a scheme, a host name and perhaps a port');
  const [, given = '', host = '', written] = match;
  const scheme = given.toLowerCase();
  const known = SCHEMES[scheme];
  if (known === undefined) {
    const meant = didYouMean(scheme, Object.keys(SCHEMES));
    refuse(url, `has a scheme that is not known${meant || `: ${Object.keys(SCHEMES).join(', ')}`}`);
  }
  const port = written === undefined ? known.port : Number(written);
  if (port === undefined) refuse(url, 'needs a port');
  if (port < 1 || port > 65_535) refuse(url, `has port ${port} (1 to 65535)`);
  if (isIP(host) !== 0) refuse(url, 'names an address; TLSA records belong to names');
  const name = fqdn(host);
  if (name.includes('*') || name === '.') refuse(url, 'needs a host name');
  return {
    url,
    scheme,
    protocol: known.protocol,
    host: name,
    port,
    connect: undefined,
    tlsaOwner: undefined,
    reachable: true,
    running: true,
  };
}
