// Debian's servers of one place with the same certificates: the makes that operators run.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServiceScheme } from '../../src/dane/owner.ts';
import { accepts } from './checks.ts';
import type { Daemons } from './processes.ts';
import type { ServiceFiles } from './services.ts';
import {
  asNobody,
  equip,
  fillNews,
  handOver,
  ports,
  writeDovecot,
  writeNews,
  writeProsody,
  writeSlapd,
  writeVsftpd,
  type Place,
} from './starttls-servers.ts';

export type Make = 'dovecot' | 'slapd' | 'exim' | 'vsftpd' | 'prosody' | 'nnrpd' | 'nginx';

const morePorts = { smtp: 20025, https: 20443 } as const;

/** Which scheme is served at which port, by which make. */
export const served: Readonly<Record<Make, readonly (readonly [ServiceScheme, number])[]>> = {
  dovecot: [
    ['imap', ports.imap],
    ['imaps', ports.imaps],
    ['pop3', ports.pop3],
    ['pop3s', ports.pop3s],
    ['sieve', ports.sieve],
    ['lmtp', ports.lmtp],
  ],
  slapd: [
    ['ldap', ports.ldap],
    ['ldaps', ports.ldaps],
  ],
  exim: [['smtp', morePorts.smtp]],
  vsftpd: [['ftp', ports.ftp]],
  prosody: [
    ['xmpp-client', ports['xmpp-client']],
    ['xmpps-client', ports['xmpps-client']],
  ],
  nnrpd: [['nntp', ports.nntp]],
  nginx: [['https', morePorts.https]],
};

/** These support certificates of two kinds. */
export const TAKE_TWO: readonly Make[] = ['dovecot', 'exim', 'nginx'];

/** Starts the makes, each as a daemon with `name` before its own. */
export async function startMakes(
  daemons: Daemons,
  name: string,
  where: Pick<Place, 'dir' | 'address' | 'domain'>,
  certificates: readonly ServiceFiles[],
  makes: readonly Make[],
): Promise<void> {
  const place = await equip(where, certificates);
  const write: Readonly<Record<Make, () => Promise<string[]>>> = {
    dovecot: () => writeDovecot(place),
    slapd: () => writeSlapd(place, true),
    exim: () => writeExim(place),
    vsftpd: () => writeVsftpd(place),
    prosody: () => writeProsody(place),
    nnrpd: () => writeNews(place),
    nginx: () => writeNginx(place),
  };
  const commands = await Promise.all(
    makes.map(async (make) => [make, await write[make]()] as const),
  );
  await handOver(place.dir);
  if (makes.includes('nnrpd')) await fillNews(place);
  for (const [make, argv] of commands) daemons.start(`${name}-${make}`, asNobody(argv));
  for (const make of makes) {
    for (const [, port] of served[make]) {
      await daemons.waitFor(`${name}-${make}`, () => accepts(place.address, port));
    }
  }
}

/** Debian's Exim is built with GnuTLS, which supports lists of certificates. */
async function writeExim({
  dir,
  address,
  certificate,
  key,
  alternative,
}: Place): Promise<string[]> {
  const home = join(dir, 'exim');
  await mkdir(join(home, 'spool'), { recursive: true });
  const both = (first: string, second: string | undefined): string =>
    second === undefined ? first : `${first} : ${second}`;
  const text = `spool_directory = ${home}/spool
log_file_path = ${home}/%s.log
pid_file_path = ${home}/pid
primary_hostname = mx.dane.test
exim_user = postfix
exim_group = postfix
keep_environment =
local_interfaces = ${address}
daemon_smtp_ports = ${morePorts.smtp}
host_lookup =
tls_advertise_hosts = *
tls_certificate = ${both(certificate, alternative?.certificateFile)}
tls_privatekey = ${both(key, alternative?.keyFile)}
log_selector = +all
begin acl
begin routers
begin transports
begin retry
begin rewrite
begin authenticators
`;
  await writeFile(join(dir, 'exim.conf'), text);
  return ['/usr/sbin/exim4', '-C', join(dir, 'exim.conf'), '-bdf'];
}

async function writeNginx({
  dir,
  address,
  certificate,
  key,
  alternative,
}: Place): Promise<string[]> {
  const home = join(dir, 'nginx');
  await mkdir(home, { recursive: true });
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${home}/${kind};`)
    .join(' ');
  const pair = (chain: string, own: string): string =>
    `ssl_certificate ${chain}; ssl_certificate_key ${own};`;
  const second =
    alternative === undefined ? '' : pair(alternative.certificateFile, alternative.keyFile);
  const text = `daemon off; worker_processes 1; pid ${home}/nginx.pid;
error_log stderr info;
events { worker_connections 64; }
http {
  access_log off; ${temporary}
  server {
    listen ${address}:${morePorts.https} ssl;
    ${pair(certificate, key)} ${second}
    location / { return 200 "ok\\n"; }
  }
}
`;
  await writeFile(join(home, 'nginx.conf'), text);
  return ['/usr/sbin/nginx', '-e', 'stderr', '-p', home, '-c', join(home, 'nginx.conf')];
}
