// Which requests are answered. A browser can be made to send a request to this machine by any web
// page (DNS rebinding): so the Host header must name this server, whatever else is right.
import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type { Access, Listen } from './served.ts';

export interface Asked {
  readonly host: string | undefined;
  readonly authorization: string | undefined;
  /** The header of a reverse proxy that names its user. */
  readonly user: string | undefined;
  /** Of the connection; undefined on a socket. */
  readonly peer: string | undefined;
}

export interface Refusal {
  readonly status: 401 | 421;
  readonly message: string;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
/** IPv4 as IPv6 sockets show it. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/, '');

export function gatekeeper(listen: Listen, access: Access): (asked: Asked) => Refusal | undefined {
  const { token, userHeader, proxies } = access;
  const isSocket = 'socket' in listen;
  const known = new Set([...access.names, ...(isSocket ? [] : ownNames(listen.host))]);
  const expected = token === undefined ? undefined : digest(token);
  const hasToken = ({ authorization = '' }: Asked): boolean => {
    const given = /^Bearer +(\S{1,1024})$/i.exec(authorization)?.[1];
    return (
      expected !== undefined && given !== undefined && timingSafeEqual(digest(given), expected)
    );
  };
  const hasUser = ({ user = '', peer }: Asked): boolean =>
    userHeader !== undefined &&
    user !== '' &&
    (isSocket || (peer !== undefined && proxies.includes(plain(peer))));
  return (asked) => {
    // No web page reaches a socket.
    if (!isSocket && !known.has(hostIn(asked.host ?? ''))) {
      return { status: 421, message: 'the Host header does not name this server' };
    }
    const isOpen = token === undefined && userHeader === undefined;
    if (isOpen || hasToken(asked) || hasUser(asked)) return undefined;
    return { status: 401, message: 'a token is needed' };
  };
}

/** Names of an address; of all addresses of a machine only the names of the configuration count. */
function ownNames(host: string): readonly string[] {
  if (host === '0.0.0.0' || host === '::') return ['localhost', '127.0.0.1', '::1'];
  const isLoopback = host === 'localhost' || host === '::1' || host.startsWith('127.');
  return isLoopback ? ['localhost', '127.0.0.1', '::1', host] : [host];
}

/** Without port and brackets, in lower case; '' for what is not a host. */
function hostIn(header: string): string {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(header);
  const host = (match?.[1] ?? match?.[2] ?? '').toLowerCase().replace(/\.$/, '');
  return match?.[1] !== undefined && isIP(host) !== 6 ? '' : host;
}
