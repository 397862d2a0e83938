// The owner of a service's TLSA records (RFC 6698 §3), and the form of services:
// `smtp://mx1.example.org:25`.
import { AppError } from '../base/errors.ts';
import { fqdn, hostOf, isHostName } from '../dns/name.ts';
import type { Fqdn } from '../dns/name.ts';

export type Transport = 'tcp' | 'udp' | 'sctp';

type StartTls =
  | 'smtp'
  | 'submission'
  | 'lmtp'
  | 'imap'
  | 'pop3'
  | 'sieve'
  | 'xmpp-client'
  | 'xmpp-server'
  | 'ldap'
  | 'postgres'
  | 'ftp'
  | 'nntp';
/**
 * XMPP needs its name in the handshake (XEP-0368 §3); other protocols do not. The others have names
 * of their own if the protocol within TLS has a goodbye. `tls`: any.
 */
type DirectTls =
  | 'tls'
  | 'smtps'
  | 'imaps'
  | 'pop3s'
  | 'ldaps'
  | 'ftps'
  | 'nntps'
  | 'xmpps-client'
  | 'xmpps-server';

export interface SchemeTraits {
  /** Undefined: the port is required. */
  readonly port: number | undefined;
  /** How TLS starts: after this protocol's STARTTLS, or with the first octet. */
  readonly start: StartTls | DirectTls;
  /**
   * Clients are mail transfer agents under RFC 7672: usages 0 and 1 are unusable. Submission, IMAP
   * and POP3 are RFC 7671's, where clients with a trust store may use them.
   */
  readonly smtpLike: boolean;
}

const starttls = (start: StartTls, port: number, smtpLike = false): SchemeTraits => ({
  port,
  start,
  smtpLike,
});
const direct = (port: number | undefined, start: DirectTls = 'tls'): SchemeTraits => ({
  port,
  start,
  smtpLike: false,
});

/**
 * Ports of the IANA registry, except: LMTP has none, only not 25 (RFC 2033 §5), and those of XMPP
 * over direct TLS are custom (XEP-0368).
 */
export const SCHEMES = {
  smtp: starttls('smtp', 25, true),
  lmtp: starttls('lmtp', 24, true),
  submission: starttls('submission', 587),
  imap: starttls('imap', 143),
  pop3: starttls('pop3', 110),
  sieve: starttls('sieve', 4190),
  'xmpp-client': starttls('xmpp-client', 5222),
  'xmpp-server': starttls('xmpp-server', 5269),
  ldap: starttls('ldap', 389),
  postgres: starttls('postgres', 5432),
  ftp: starttls('ftp', 21),
  nntp: starttls('nntp', 119),
  smtps: direct(465, 'smtps'),
  submissions: direct(465, 'smtps'),
  imaps: direct(993, 'imaps'),
  pop3s: direct(995, 'pop3s'),
  https: direct(443),
  ldaps: direct(636, 'ldaps'),
  ftps: direct(990, 'ftps'),
  nntps: direct(563, 'nntps'),
  'xmpps-client': direct(5223, 'xmpps-client'),
  'xmpps-server': direct(5270, 'xmpps-server'),
  tls: direct(undefined),
} as const satisfies Record<string, SchemeTraits>;

export type ServiceScheme = keyof typeof SCHEMES;

export interface ServiceAddress extends SchemeTraits {
  readonly scheme: ServiceScheme;
  readonly host: Fqdn;
  readonly port: number;
  readonly transport: Transport;
}

/**
 * `_25._tcp.mx1.example.org.` @throws AppError INPUT_INVALID if the result is too long for a name
 */
export function tlsaOwner(host: Fqdn, port: number, transport: Transport = 'tcp'): Fqdn {
  return fqdn(`_${port}._${transport}.${host === '.' ? '' : host}`);
}

/**
 * Reads a service URL. Hosts may be international names; a path, user or query has no meaning here
 * and is refused.
 * @throws AppError INPUT_INVALID
 */
export function parseService(text: string): ServiceAddress {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/:?#@[\]\s]+)(?::(\d{1,5}))?\/?$/i.exec(text.trim());
  if (match === null) throw invalid(text, 'is not a URL of the form scheme://host:port');
  const [, written = '', host = '', portText] = match;
  const scheme = written.toLowerCase();
  if (!isScheme(scheme)) throw invalid(text, `has an unknown scheme "${written}"`);
  const port = portText === undefined ? SCHEMES[scheme].port : Number(portText);
  if (port === undefined) throw invalid(text, 'needs a port');
  if (port < 1 || port > 65_535) throw invalid(text, `has port ${port}, which does not exist`);
  // An address has no TLSA records: they exist only below host names.
  if (/^[\d.]+$/.test(host)) throw invalid(text, 'names an address instead of a host');
  const name = fqdn(host);
  if (!isHostName(name)) throw invalid(text, `names "${host}", which is not a host name`);
  return { ...SCHEMES[scheme], scheme, host: name, port, transport: 'tcp' };
}

export function isScheme(text: string): text is ServiceScheme {
  return Object.hasOwn(SCHEMES, text);
}

/** The service as it is written in configuration and messages, always with its port. */
export function serviceText(service: ServiceAddress): string {
  return `${service.scheme}://${hostOf(service.host)}:${service.port}`;
}

function invalid(text: string, reason: string): AppError {
  return new AppError('INPUT_INVALID', `service "${text}" ${reason}`, {
    hint: `write it like smtp://mx1.example.org:25 (${Object.keys(SCHEMES).join(', ')})`,
  });
}
