// [serve] as it is written: where `holger serve` answers HTTP, and to which requests.
import type * as z from 'zod';
import * as field from '../fields.ts';
import { list, optional, preset } from './option.ts';

const { table, parsed } = field;

/** The longest path of a Unix socket (sun_path) is 107 characters. */
const LONGEST_SOCKET = 100;

type Listen = field.ServerAddress | { readonly socket: string };

const listen: z.ZodType<Listen> = parsed<Listen>(
  'an address with a port like "127.0.0.1:8443", or the path of a socket like "/run/holger/serve.sock"',
  (value) => {
    if (value.startsWith('/')) {
      return value.length > LONGEST_SOCKET ? undefined : { socket: value };
    }
    const found = /:\d+$/.test(value) ? field.parseAddress(value, 0) : undefined;
    return found && (field.isAddress(found.host) || found.host === 'localhost') ? found : undefined;
  },
);

const header = parsed('the name of a header like "X-Forwarded-User"', (value) =>
  /^[A-Za-z][A-Za-z0-9-]{0,63}$/.test(value) ? value.toLowerCase() : undefined,
);

const host = parsed('a host name like "holger.example.org"', (value) => {
  const found = field.parseAddress(value, 443);
  return found !== undefined && !value.includes(':') ? found.host.toLowerCase() : undefined;
});

const proxy = parsed('an address like "192.0.2.7"', (value) =>
  field.isAddress(value) ? value : undefined,
);

export const serve = table({
  listen: optional(
    listen,
    'Where holger serve answers HTTP: metrics, a read-only API, and a page. Without it, nowhere. A socket may be used by its group.',
    '127.0.0.1:8443',
  ),
  names: preset(
    list(host, 'a list of host names'),
    [],
    'Host names under which browsers and a reverse proxy reach it, besides the address itself. A request for any other name is refused, because a web page could have made a browser send it.',
    ['holger.example.org'],
  ),
  token: optional(
    field.secret,
    'Requests need this token (Authorization: Bearer …). Needed where others than this machine reach the address; without it, every user of this machine may read.',
    { file: '/etc/holger/serve.token' },
  ),
  user_header: optional(
    header,
    'The header in which a reverse proxy names the user whom it let in. It counts in requests from proxies and from a socket, in place of the token.',
    'X-Forwarded-User',
  ),
  proxies: preset(
    list(proxy, 'a list of addresses'),
    [],
    'The addresses of these reverse proxies.',
    ['192.0.2.7'],
  ),
  certificate: optional(
    field.file,
    'PEM file with the chain for HTTPS, together with key. It is read again after each round.',
    '/var/lib/holger/certificates/holger/live/fullchain.pem',
  ),
  key: optional(
    field.file,
    'PEM file with the key, together with certificate.',
    '/var/lib/holger/certificates/holger/live/privkey.pem',
  ),
}).superRefine((it, context) => {
  const say = (key: string, message: string): void =>
    context.addIssue({ code: 'custom', path: [key], message });
  const { token, user_header: user, proxies } = it;
  const hasTls = it.certificate !== undefined && it.key !== undefined;
  if ((it.certificate === undefined) !== (it.key === undefined)) {
    say(it.key === undefined ? 'key' : 'certificate', 'certificate and key go together');
  }
  if (it.listen === undefined) {
    if (token !== undefined || user !== undefined) say('listen', 'is missing');
    return;
  }
  if ('socket' in it.listen) return;
  if (user !== undefined && proxies.length === 0) {
    say('proxies', 'is missing: without it, any request could carry user_header');
  }
  if (field.isLoopback(it.listen.host)) return;
  if (token === undefined && user === undefined) {
    say('listen', 'is not on this machine alone: set token, or user_header and proxies');
  }
  if (token !== undefined && !hasTls) {
    say('token', 'a token is not sent unencrypted: set certificate and key, or listen on loopback');
  }
});
