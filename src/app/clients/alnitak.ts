// alnitak: `alnitak.conf` beside the folder of certbot. Its sections name the TLSA records, and
// with them the services, of a certificate of certbot.
import { join } from 'node:path';
import { readCertbot } from './certbot.ts';
import type { Found, FoundCertificate } from './found.ts';
import { assignments } from './reader.ts';
import type { Reader } from './reader.ts';

/** Which protocol is spoken at the usual ports; anywhere else TLS begins at once. */
const SCHEMES: Readonly<Record<number, string>> = {
  ...{ 25: 'smtp', 587: 'submission', 465: 'submissions', 143: 'imap', 993: 'imaps' },
  ...{ 110: 'pop3', 995: 'pop3s', 443: 'https', 389: 'ldap', 636: 'ldaps', 21: 'ftp' },
  ...{ 4190: 'sieve', 5222: 'xmpp-client', 5269: 'xmpp-server', 119: 'nntp', 563: 'nntps' },
};

export async function readAlnitak(folder: string, reader: Reader): Promise<Found> {
  const conf = join(folder, 'alnitak.conf');
  const text = (await reader.text(conf)) ?? '';
  const values = assignments(text);
  const below = values.get('letsencrypt_directory') ?? '/etc/letsencrypt';
  const services = servicesIn(text, conf, reader);
  const certbot = await readCertbot(below, reader);
  reader.note(
    `${conf}: the services read links in ${values.get('dane_directory') ?? '/etc/alnitak/dane'}; remove alnitak from the hooks of certbot and from cron`,
  );
  const certificates = certbot.certificates.map((one): FoundCertificate => {
    const own = services.get(one.name) ?? [];
    const hooks = one.hooks.filter(({ command }) => !command.join(' ').includes('alnitak'));
    return { ...one, hooks, services: own.map((service) => service(one.domains[0] ?? one.name)) };
  });
  for (const name of services.keys()) {
    if (certificates.some((one) => one.name === name)) continue;
    reader.note(`${conf}: [${name}] is not a certificate of certbot in ${below}`);
  }
  return { ...certbot, certificates, notes: reader.notes };
}

type Service = (domain: string) => string;

/** `tlsa = PARAMETERS PORT [PROTOCOL] [DOMAIN]`, below the name of a certificate in brackets. */
function servicesIn(
  text: string,
  conf: string,
  reader: Reader,
): ReadonlyMap<string, readonly Service[]> {
  const found = new Map<string, Map<string, Service>>();
  let section = '';
  for (const [, name, line] of text.matchAll(
    /^[ \t]*(?:\[\s*(\S+)\s*\]|tlsa[ \t]*=[ \t]*(.*))/gm,
  )) {
    section = name ?? section;
    if (line === undefined) continue;
    const words = line.trim().split(/\s+/);
    const port = Number(words.find((one) => /^\d{1,2}$|^\d{4,5}$/.test(one)) ?? words[1]);
    const domain = words.find((one) => /^[a-z0-9-]+(\.[a-z0-9-]+)+\.?$/i.test(one));
    if (words.includes('udp') || !(port > 0 && port < 65_536)) {
      reader.note(`${conf}: not taken over: tlsa = ${line}`);
      continue;
    }
    const own = found.get(section) ?? new Map<string, Service>();
    const scheme = SCHEMES[port] ?? 'tls';
    own.set(`${port} ${domain ?? ''}`, (usual) => `${scheme}://${domain ?? usual}:${port}`);
    found.set(section, own);
  }
  return new Map([...found].map(([name, own]) => [name, [...own.values()]]));
}
