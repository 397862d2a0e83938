// How another client writes its challenges, as a provider of holger: the methods of which the
// client stores everything that the provider needs. Whatever is not understood becomes a note, and
// the provider is left to a person.
import { isAbsolute, join } from 'node:path';
import { isIP } from 'node:net';
import { readKeyFile } from '../../../providers/rfc2136/key-file.ts';
import { AppError } from '../../base/errors.ts';
import { assignments } from './reader.ts';
import type { Reader } from './reader.ts';

/** A table [provider.NAME]; the value of one of its options is a secret, which gets a file. */
export interface FoundProvider {
  readonly type: 'rfc2136' | 'cloudflare';
  readonly options: Readonly<Record<string, string>>;
  readonly secret: { readonly option: string; readonly text: string };
}

/** Whose method it is, for notes. */
interface Place {
  readonly certificate: string;
  readonly file: string;
}

type Values = ReadonlyMap<string, string>;

/** `values`: of renewal/NAME.conf. */
export async function methodOfCertbot(
  certificate: string,
  values: Values,
  reader: Reader,
): Promise<FoundProvider | undefined> {
  const authenticator = values.get('authenticator') ?? '';
  const read = { 'dns-rfc2136': certbotUpdate, 'dns-cloudflare': certbotCloudflare }[authenticator];
  if (read === undefined) return undefined;
  const file = values.get(`${authenticator.replaceAll('-', '_')}_credentials`) ?? '';
  if (!isAbsolute(file)) {
    reader.note(`${certificate}: the credentials of ${authenticator} are not named by a full path`);
    return undefined;
  }
  const text = await reader.text(file);
  return text === undefined
    ? undefined
    : read(plain(assignments(text)), { certificate, file }, reader);
}

/** In these files a comment may follow a value. */
function plain(values: Values): Values {
  return new Map([...values].map(([key, value]) => [key, value.replace(/\s+#.*$/, '')]));
}

function certbotUpdate(values: Values, place: Place, reader: Reader): FoundProvider | undefined {
  const of = (key: string): string => values.get(`dns_rfc2136_${key}`) ?? '';
  const algorithm = of('algorithm') || 'HMAC-MD5';
  const [name, secret] = [of('name'), of('secret')];
  // Neither a name nor base64 contains what ends a quoted word of a key file.
  if (/["\\;{}\s]/.test(name + secret + algorithm)) return refused('its key', place, reader);
  const text = `key "${name}" {\n  algorithm ${algorithm.toLowerCase()};\n  secret "${secret}";\n};\n`;
  return update({ host: of('server'), port: of('port') }, text, place, reader);
}

function certbotCloudflare(
  values: Values,
  place: Place,
  reader: Reader,
): FoundProvider | undefined {
  return cloudflare(values.get('dns_cloudflare_api_token'), place, reader);
}

/** `own`: DOMAIN.conf. `general`: account.conf, whose names begin with SAVED_ since acme.sh 2.8. */
export async function methodOfAcmeSh(
  certificate: string,
  folder: string,
  own: Values,
  reader: Reader,
): Promise<FoundProvider | undefined> {
  const methods = new Set((own.get('Le_Webroot') ?? '').split(',').filter((one) => one !== ''));
  const [method] = methods;
  if (methods.size !== 1 || (method !== 'dns_nsupdate' && method !== 'dns_cf')) return undefined;
  const file = join(folder, 'account.conf');
  const general = assignments(await reader.text(file));
  const of = (key: string): string | undefined =>
    [own, general].flatMap((at) => at.get(`SAVED_${key}`) ?? at.get(key) ?? []).find(Boolean);
  const place = { certificate, file };
  if (method === 'dns_cf') return cloudflare(of('CF_Token'), place, reader);
  const keyFile = of('NSUPDATE_KEY') ?? '';
  const text = isAbsolute(keyFile) ? await reader.text(keyFile) : undefined;
  if (text === undefined) return refused('the key file in NSUPDATE_KEY', place, reader);
  const server = { host: of('NSUPDATE_SERVER') ?? '', port: of('NSUPDATE_SERVER_PORT') ?? '' };
  return update(server, text, { certificate, file: keyFile }, reader);
}

interface Server {
  readonly host: string;
  readonly port: string;
}

function update(
  { host, port }: Server,
  key: string,
  place: Place,
  reader: Reader,
): FoundProvider | undefined {
  const isName = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i.test(host);
  if (isIP(host) === 0 && !isName) return refused('its server', place, reader);
  if (!/^\d{0,5}$/.test(port) || Number(port) > 65_535) return refused('its port', place, reader);
  try {
    readKeyFile(key);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    // Its message may quote the file.
    return refused('its key (holger takes HMAC-SHA1 to HMAC-SHA512)', place, reader);
  }
  const at = isIP(host) === 6 ? `[${host}]` : host;
  const server = port === '' || port === '53' ? at : `${at}:${Number(port)}`;
  return { type: 'rfc2136', options: { server }, secret: { option: 'key_file', text: key } };
}

function cloudflare(
  token: string | undefined,
  place: Place,
  reader: Reader,
): FoundProvider | undefined {
  if (token === undefined) {
    return refused('a token of Cloudflare (a global API key is not enough)', place, reader);
  }
  // It becomes the value of a header.
  if (!/^[\x21-\x7e]{8,500}$/.test(token)) return refused('its token', place, reader);
  return { type: 'cloudflare', options: {}, secret: { option: 'token', text: `${token}\n` } };
}

function refused(what: string, { certificate, file }: Place, reader: Reader): undefined {
  reader.note(
    `${certificate}: its DNS provider is not taken over: ${what} is not usable in ${file}`,
  );
}
