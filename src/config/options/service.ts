// A service of a certificate: its URL, or a table for what the URL cannot say. Also read from the
// command line by `issue --service`.
import * as z from 'zod';
import { AppError } from '../../base/errors.ts';
import { isScheme, parseService, SCHEMES } from '../../dane/owner.ts';
import type { ServiceScheme } from '../../dane/owner.ts';
import type { Fqdn } from '../../dns/name.ts';
import { fqdn } from '../../dns/name.ts';
import type { Protocol } from '../../ports/probe.ts';
import * as field from '../fields.ts';
import { type Settled, settled } from '../settled.ts';
import { didYouMean } from '../suggest.ts';
import { optional, preset, required } from './option.ts';

const { table, text, flag, parsed } = field;

/** What a URL says. */
interface Place {
  /** As configured, for messages: `smtp://mx1.example.org:25`. */
  readonly url: string;
  readonly scheme: ServiceScheme;
  readonly protocol: Protocol;
  /** Clients are mail transfer agents: usages 0 and 1 are unusable (RFC 7672 §3.1.3). */
  readonly smtpLike: boolean;
  readonly host: Fqdn;
  readonly port: number;
}

/** @throws AppError INPUT_INVALID */
function placeFrom(url: string): Place {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase();
  if (scheme !== undefined && !isScheme(scheme)) {
    const known = Object.keys(SCHEMES);
    const meant = didYouMean(scheme, known) || `; known are ${known.join(', ')}`;
    throw new AppError('INPUT_INVALID', `service "${url}" has an unknown scheme${meant}`);
  }
  const { scheme: of, start: protocol, smtpLike, host, port } = parseService(url);
  return { url, scheme: of, protocol, smtpLike, host, port };
}

const SETTINGS = {
  tlsa_owner: optional(
    parsed('a name like "_25._tcp.mx1.example.org"', (value) => fqdn(value)),
    'The owner of the TLSA records. Without it, the port and the host of the URL.',
    '_443._tcp.www.example.org',
  ),
  reachable: preset(flag, true, 'false: no handshake is possible from this machine.'),
  running: preset(flag, true, 'false: the service does not run yet.'),
  owner_is_ours: preset(
    flag,
    false,
    'true: only services of this certificate use the TLSA owner, and the name that it is a CNAME to. Without it, holger assumes other users, and no record that they may need is removed.',
  ),
  xmpp_domain: optional(
    field.name,
    'The domain that an XMPP server is asked for, where SRV records lead from another domain to the host.',
    'example.org',
  ),
};

const settings = z.object(SETTINGS);

const serviceTable = table(
  {
    url: required(
      parsed('a URL like "smtp://mx1.example.org:25"', placeFrom),
      'Protocol, host and port.',
      'smtp://mx1.example.org:25',
    ),
    connect: optional(
      text,
      'Where handshakes go. Without it, every address of the host.',
      '192.0.2.7:443',
    ),
    ...SETTINGS,
  },
  'a URL like "smtp://mx1.example.org:25", or a table with url',
);

export const service = z.preprocess(
  (value) => (typeof value === 'string' ? { url: value } : value),
  serviceTable.transform(({ url: place, connect: written, ...rest }, context) => {
    const connect = written === undefined ? undefined : field.parseAddress(written, place.port);
    const refuse = (key: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [key], message });
    if (written !== undefined && connect === undefined) {
      refuse('connect', `expected an address like "192.0.2.7:${place.port}", got "${written}"`);
    }
    if (rest.xmpp_domain !== undefined && !/^xmpps?-/.test(place.scheme)) {
      refuse('xmpp_domain', `has no meaning for ${place.scheme}`);
    }
    return { ...place, connect, ...rest };
  }),
);

export type ServiceConfig = Settled<z.output<typeof service>>;

/**
 * A service about which nothing but its URL is said.
 * @throws AppError INPUT_INVALID
 */
export function serviceFrom(url: string): ServiceConfig {
  return { ...placeFrom(url), connect: undefined, ...settled(settings.parse({}), '/') };
}
