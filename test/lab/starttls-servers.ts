// Servers with STARTTLS besides Postfix, on one address and high ports: all run as the user
// `postfix`, who has no rights here.

import { readdirSync } from 'node:fs';
import { chmod, chown, copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { must, type Daemons } from './processes.ts';
import type { ServiceFiles } from './services.ts';

/** namespace.mjs has put it into /etc/passwd and /etc/group. */
const nobody = 65533;

/** Every port is 20,000 above the usual one. */
export const ports = {
  lmtp: 20024,
  imap: 20143,
  imaps: 20993,
  pop3: 20110,
  pop3s: 20995,
  sieve: 24190,
  'xmpp-client': 25222,
  'xmpp-server': 25269,
  'xmpps-client': 25223,
  'xmpps-server': 25270,
  ldap: 20389,
  ldaps: 20636,
  /** A directory without a certificate. */
  ldapWithoutTls: 20390,
  postgres: 25432,
  ftp: 20021,
  nntp: 20119,
} as const;

/** XMPP is served for this one, too, whose records are not signed. */
const UNSIGNED = 'plain.test';

export interface Place {
  readonly dir: string;
  readonly address: string;
  /** The domain that XMPP is served for. */
  readonly domain: string;
  readonly certificate: string;
  readonly key: string;
  /** Of another kind, for servers that support two. */
  readonly alternative?: ServiceFiles;
}

/** Copies the certificates to where the servers of one place read them. */
export async function equip(
  place: Pick<Place, 'dir' | 'address' | 'domain'>,
  [files, other]: readonly ServiceFiles[],
): Promise<Place> {
  const at = { certificate: join(place.dir, 'chain.pem'), key: join(place.dir, 'key.pem') };
  const alternative = {
    certificateFile: join(place.dir, 'other-chain.pem'),
    keyFile: join(place.dir, 'other-key.pem'),
  };
  await mkdir(place.dir, { recursive: true });
  if (files === undefined) throw new Error('no certificate');
  await copyFile(files.certificateFile, at.certificate);
  await copyFile(files.keyFile, at.key);
  if (other === undefined) return { ...place, ...at };
  await copyFile(other.certificateFile, alternative.certificateFile);
  await copyFile(other.keyFile, alternative.keyFile);
  return { ...place, ...at, alternative };
}

/** Writes all configurations below `dir` and starts the servers; `ports` has the port of each. */
export async function startStarttlsServers(
  daemons: Daemons,
  place: Omit<Place, 'certificate' | 'key'>,
  files: ServiceFiles,
): Promise<void> {
  const at = await equip(place, [files]);
  const commands = {
    dovecot: await writeDovecot(at),
    prosody: await writeProsody(at),
    slapd: await writeSlapd(at, true),
    'slapd-without-tls': await writeSlapd(at, false),
    vsftpd: await writeVsftpd(at),
    nnrpd: await writeNews(at),
    postgres: postgres(at),
  };
  await handOver(place.dir);
  await Promise.all([fillNews(at), initPostgres(at)]);
  for (const [name, argv] of Object.entries(commands)) daemons.start(name, asNobody(argv));
}

/**
 * Where only one user is mapped, it gets another number in a namespace of its own: PostgreSQL
 * refuses to run as root.
 */
export function asNobody(argv: readonly string[]): string[] {
  const become =
    process.env['LAB_UNPRIVILEGED'] === '1'
      ? ['unshare', '-U', `--map-user=${nobody}`, `--map-group=${nobody}`]
      : ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];
  // Again, because the kernel drops it when the user changes.
  return [...become, 'setpriv', '--pdeathsig', 'TERM', '--', ...argv];
}

export async function handOver(dir: string): Promise<void> {
  if (process.env['LAB_UNPRIVILEGED'] === '1') return;
  await chown(dir, nobody, nobody);
  for (const entry of await readdir(dir, { recursive: true }))
    await chown(join(dir, entry), nobody, nobody);
}

export async function writeDovecot(place: Place): Promise<string[]> {
  const { dir, address, certificate, key, alternative } = place;
  const home = join(dir, 'dovecot');
  await mkdir(home);
  type Listener = 'imap' | 'imaps' | 'pop3' | 'pop3s' | 'sieve' | 'lmtp';
  const listener = (service: string, ...names: readonly Listener[]): string =>
    `service ${service} {
  chroot =
${names.map((name) => `  inet_listener ${name} {\n    address = ${address}\n    port = ${ports[name]}\n  }\n`).join('')}}
`;
  const second =
    alternative === undefined
      ? ''
      : `ssl_alt_cert = <${alternative.certificateFile}\nssl_alt_key = <${alternative.keyFile}\n`;
  const text = `base_dir = ${home}/run
state_dir = ${home}
log_path = /dev/stderr
protocols = imap pop3 lmtp sieve
ssl = yes
ssl_cert = <${certificate}
ssl_key = <${key}
${second}default_internal_user = postfix
default_internal_group = postfix
default_login_user = postfix
mail_location = maildir:${home}/mail
passdb {
  driver = static
  args = nopassword=y
}
userdb {
  driver = static
  args = home=${home}
}
service anvil {
  chroot =
}
${listener('imap-login', 'imap', 'imaps')}${listener('pop3-login', 'pop3', 'pop3s')}${listener('managesieve-login', 'sieve')}${listener('lmtp', 'lmtp')}`;
  await writeFile(join(dir, 'dovecot.conf'), text);
  return ['/usr/sbin/dovecot', '-F', '-c', join(dir, 'dovecot.conf')];
}

export async function writeProsody(place: Place): Promise<string[]> {
  const { dir, address, domain, certificate, key } = place;
  const home = join(dir, 'prosody');
  await mkdir(home);
  const text = `pidfile = "${home}/pid"
data_path = "${home}"
interfaces = { "${address}" }
modules_enabled = { "tls", "saslauth", "dialback" }
c2s_ports = { ${ports['xmpp-client']} }
s2s_ports = { ${ports['xmpp-server']} }
c2s_direct_tls_ports = { ${ports['xmpps-client']} }
s2s_direct_tls_ports = { ${ports['xmpps-server']} }
log = { info = "*console" }
ssl = { key = "${key}"; certificate = "${certificate}" }
VirtualHost "${domain}"
VirtualHost "${UNSIGNED}"
`;
  await writeFile(join(dir, 'prosody.cfg.lua'), text);
  return ['/usr/bin/prosody', '-F', '--config', join(dir, 'prosody.cfg.lua')];
}

export async function writeSlapd(place: Place, withTls: boolean): Promise<string[]> {
  const { dir, address, certificate, key } = place;
  const file = join(dir, withTls ? 'slapd.conf' : 'slapd-without-tls.conf');
  const tls = `TLSCertificateFile ${certificate}\nTLSCertificateKeyFile ${key}\n`;
  await writeFile(file, `pidfile ${file}.pid\n${withTls ? tls : ''}`);
  const urls = withTls
    ? `ldap://${address}:${ports.ldap} ldaps://${address}:${ports.ldaps}`
    : `ldap://${address}:${ports.ldapWithoutTls}`;
  return ['/usr/sbin/slapd', '-f', file, '-h', urls, '-d', 'stats'];
}

export async function writeVsftpd({ dir, address, certificate, key }: Place): Promise<string[]> {
  const text = `listen=YES
listen_address=${address}
listen_port=${ports.ftp}
background=NO
run_as_launching_user=YES
anonymous_enable=YES
ftp_username=postfix
nopriv_user=postfix
ssl_enable=YES
allow_anon_ssl=YES
rsa_cert_file=${certificate}
rsa_private_key_file=${key}
xferlog_enable=NO
`;
  await writeFile(join(dir, 'vsftpd.conf'), text);
  return ['/usr/sbin/vsftpd', join(dir, 'vsftpd.conf')];
}

/** The readers' half of INN, on an empty spool. */
export async function writeNews({
  dir,
  address,
  domain,
  certificate,
  key,
}: Place): Promise<string[]> {
  const home = join(dir, 'news');
  for (const name of ['bin', 'db', 'run', 'tmp', 'spool/overview']) {
    await mkdir(join(home, name), { recursive: true });
  }
  const write = (name: string, text: string): Promise<void> => writeFile(join(home, name), text);
  await write(
    'inn.conf',
    `organization: lab
pathhost: news.${domain}
domain: ${domain}
fromhost: ${domain}
mta: /bin/true
hismethod: hisv6
ovmethod: tradindexed
enableoverview: true
pathnews: ${home}
pathetc: ${home}
pathdb: ${home}/db
pathrun: ${home}/run
pathtmp: ${home}/tmp
pathspool: ${home}/spool
pathbin: ${home}/bin
runasuser: postfix
runasgroup: postfix
nnrpdloadlimit: 0
tlscertfile: ${certificate}
tlskeyfile: ${key}
`,
  );
  await write(
    'readers.conf',
    'auth all { hosts: * default: <any> }\naccess all { newsgroups: * }\n',
  );
  await write('storage.conf', 'method tradspool { newsgroups: * class: 0 }\n');
  for (const name of ['active', 'active.times', 'newsgroups', 'history'])
    await write(`db/${name}`, '');
  // nnrpd lets this program bind its port. The package's own may be run by the group `news` alone.
  await copyFile('/usr/lib/news/bin/innbind', join(home, 'bin/innbind'));
  await chmod(join(home, 'bin/innbind'), 0o755);
  const nnrpd = ['nnrpd', '-D', '-f', '-b', address, '-p', String(ports.nntp)];
  return newsCommand(dir, nnrpd);
}

const newsCommand = (dir: string, [name, ...args]: readonly string[]): string[] => [
  ...['env', `INNCONF=${join(dir, 'news/inn.conf')}`],
  ...[`/usr/lib/news/bin/${name}`, ...args],
];

/** An empty history and an empty overview: without them nnrpd refuses every client. */
export async function fillNews({ dir }: Place): Promise<void> {
  await must(asNobody(newsCommand(dir, ['makedbz', '-i', '-o', '-s', '10'])));
  await must(asNobody(newsCommand(dir, ['overchan'])));
}

const postgresProgram = (name: string): string => {
  const [version = ''] = readdirSync('/usr/lib/postgresql');
  return `/usr/lib/postgresql/${version}/bin/${name}`;
};

async function initPostgres({ dir }: Place): Promise<void> {
  const how = ['--no-sync', '--auth=reject', '--no-locale', '--encoding=UTF8'];
  await must(asNobody([postgresProgram('initdb'), '-D', join(dir, 'postgres'), ...how]));
}

function postgres({ dir, address, certificate, key }: Place): string[] {
  const settings = {
    listen_addresses: address,
    port: ports.postgres,
    unix_socket_directories: '',
    ssl: 'on',
    ssl_cert_file: certificate,
    ssl_key_file: key,
    jit: 'off',
    log_connections: 'on',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return [postgresProgram('postgres'), '-D', join(dir, 'postgres'), ...options];
}
