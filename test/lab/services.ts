// The two services whose certificates are rolled: Postfix (mail, STARTTLS on 25) and nginx (www,
// 443). They begin with self-signed certificates at fixed paths, as a host does before DANE is set
// up.

import { chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { must } from './processes.ts';
import type { Host, Topology } from './topology.ts';

export interface ServiceFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/**
 * Owner of what Postfix must own: namespace.mjs has put these two numbers into /etc/passwd and
 * /etc/group.
 */
const postfixUser = 65533;
const postdropGroup = 65532;

const newKey = {
  ecdsa: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  rsa: ['-newkey', 'rsa:2048'],
  ed25519: ['-newkey', 'ed25519'],
  ed448: ['-newkey', 'ed448'],
  'rsa-pss': ['-newkey', 'rsa-pss', '-pkeyopt', 'rsa_keygen_bits:2048'],
};

export async function writeSelfSigned(
  dir: string,
  host: Pick<Host, 'name'>,
  algorithm: keyof typeof newKey = 'ecdsa',
): Promise<ServiceFiles> {
  const folder = join(dir, 'tls', algorithm === 'ecdsa' ? host.name : `${host.name}-${algorithm}`);
  await mkdir(folder, { recursive: true });
  const files = {
    certificateFile: join(folder, 'fullchain.pem'),
    keyFile: join(folder, 'privkey.pem'),
  };
  await must([
    ...['openssl', 'req', '-x509', ...newKey[algorithm], '-nodes'],
    ...['-keyout', files.keyFile, '-out', files.certificateFile, '-days', '30'],
    ...['-subj', `/CN=${host.name}`, '-addext', `subjectAltName=DNS:${host.name}`],
  ]);
  return files;
}

export async function writeNginx(
  dir: string,
  at: Topology,
  files: ServiceFiles,
): Promise<string[]> {
  const folder = join(dir, 'nginx');
  await mkdir(folder, { recursive: true });
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join(' ');
  const text = `daemon off; user root; worker_processes 1; pid ${folder}/nginx.pid;
error_log stderr info;
events { worker_connections 256; }
http {
  access_log off; ${temporary}
  server {
    listen ${at.www.v4}:443 ssl; listen [${at.www.v6}]:443 ssl; server_name www.dane.test;
    ssl_certificate ${files.certificateFile}; ssl_certificate_key ${files.keyFile};
    location / { return 200 "ok\\n"; }
  }
}
`;
  await writeFile(join(folder, 'nginx.conf'), text);
  return ['nginx', '-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf')];
}

export interface Postfix {
  readonly argv: string[];
  readonly env: Record<string, string>;
  readonly configuration: string;
  readonly pidFile: string;
}

/** `name`: of the part; each instance has a configuration, a spool and a log of its own. */
export async function writePostfix(
  dir: string,
  name: 'mail' | 'relay',
  host: Host,
  files: readonly ServiceFiles[],
): Promise<Postfix> {
  const base = join(dir, name === 'mail' ? 'postfix' : `postfix-${name}`);
  const configuration = base;
  await mkdir(configuration, { recursive: true });
  const isUnprivileged = process.env['LAB_UNPRIVILEGED'] === '1';
  await makeSpool(base, isUnprivileged);
  // With one mapped uid there is no other user: the wrappers make Postfix believe that it changed.
  const env: Record<string, string> = isUnprivileged ? wrappers : {};
  const place = { base, dir, log: join(dir, 'log', `${name}.log`), hostName: host.name };
  await writeFile(
    join(configuration, 'main.cf'),
    mainConfiguration(place, files, Object.keys(env)),
  );
  await writeFile(join(configuration, 'master.cf'), masterConfiguration(host));
  if (isUnprivileged) await writeShim(dir, 'posttls-finger', env);
  // master changes its uid, and then the kernel drops its parent-death signal; the shell around it
  // keeps one.
  const around = `"$0" -c "$1" -d & trap "kill $!" TERM; wait $!; wait`;
  const argv = ['sh', '-c', around, '/usr/lib/postfix/sbin/master', configuration];
  return { argv, env, configuration, pidFile: `${base}-spool/pid/master.pid` };
}

/**
 * A program of that name before the real one on the path, which gets the environment that it needs
 * here.
 */
async function writeShim(dir: string, name: string, env: Record<string, string>): Promise<void> {
  const variables = Object.entries(env).map(([key, value]) => `${key}=${value}`);
  const text = `#!/bin/sh\nexec env ${variables.join(' ')} /usr/sbin/${name} "$@"\n`;
  await mkdir(join(dir, 'bin'), { recursive: true });
  await writeFile(join(dir, 'bin', name), text, { mode: 0o755 });
}

const wrappers = {
  LD_PRELOAD: 'libnss_wrapper.so:libuid_wrapper.so',
  UID_WRAPPER: '1',
  UID_WRAPPER_ROOT: '1',
  NSS_WRAPPER_PASSWD: '/etc/passwd',
  NSS_WRAPPER_GROUP: '/etc/group',
};

interface PostfixPlace {
  readonly base: string;
  readonly dir: string;
  readonly log: string;
  readonly hostName: string;
}

const mainConfiguration = (
  { base, dir, log, hostName }: PostfixPlace,
  files: readonly ServiceFiles[],
  variables: string[],
): string => `compatibility_level = 3.6
queue_directory = ${base}-spool
data_directory = ${base}-data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = all
myhostname = ${hostName}
mydestination = dane.test
mynetworks = 127.0.0.0/8
alias_maps =
local_recipient_maps =
maillog_file = ${log}
maillog_file_prefixes = ${dir}
import_environment = MAIL_CONFIG PATH LD_LIBRARY_PATH ${variables.join(' ')}
export_environment = MAIL_CONFIG PATH LD_LIBRARY_PATH ${variables.join(' ')}
smtpd_tls_security_level = may
smtpd_tls_chain_files = ${files.map((one) => `${one.keyFile}, ${one.certificateFile}`).join(', ')}
smtpd_tls_loglevel = 1
smtp_dns_support_level = dnssec
smtputf8_enable = no
smtpd_client_connection_count_limit = 0
`;

// Addresses are written out: in inet_interfaces one of 127/8 that lo does not list is fatal.
const masterConfiguration = (host: Host): string => `${host.v4}:25 inet n - n - - smtpd
[${host.v6}]:25 inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
tlsmgr unix - - n 1000? 1 tlsmgr
anvil unix - - n - 1 anvil
discard unix - - n - - discard
retry unix - - n - - error
error unix - - n - - error
postlog unix-dgram n - n - 1 postlogd
`;

/**
 * What \`postfix start\` would make; it needs files in /etc which an unpacked package does not
 * have.
 */
async function makeSpool(base: string, isUnprivileged: boolean): Promise<void> {
  const own = async (path: string, mode: number, uid = postfixUser, gid = 0): Promise<void> => {
    await mkdir(path, { recursive: true, mode });
    if (!isUnprivileged) await chown(path, uid, gid);
  };
  const spool = `${base}-spool`;
  await own(spool, 0o755, 0);
  await own(join(spool, 'pid'), 0o755, 0);
  const queues = 'active bounce corrupt defer deferred flush hold incoming private saved trace';
  for (const name of queues.split(' ')) await own(join(spool, name), 0o700);
  await own(join(spool, 'public'), 0o710, postfixUser, postdropGroup);
  await own(join(spool, 'maildrop'), 0o730, postfixUser, postdropGroup);
  await own(`${base}-data`, 0o700);
}
