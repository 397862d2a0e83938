// certbot, dehydrated and lego as Debian packages them, unpacked (packages.mjs), against the CA and
// the primary of a lab. Each has its own folder, and renews when it is told to.
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import type { Lab } from './lab.ts';
import { run } from './processes.ts';
import type { RunResult } from './processes.ts';

/** Set by test/start.mjs; absent without a network. */
const ROOT = process.env['LAB_OTHER_CLIENTS'];

export interface OtherClient {
  readonly folder: string;
  /** Where its newest full chain is. */
  readonly certificate: string;
  /** The first certificate, or a renewal that is not due. */
  renew(): Promise<RunResult>;
}

async function script(path: string, text: string): Promise<string> {
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 });
  await writeFile(path, text);
  await chmod(path, 0o755);
  return path;
}

/** Adds (`add`) or removes the challenge's record; the name and the text are shell words. */
function record(lab: Lab, act: 'add' | 'delete', name: string, text: string): string {
  const what =
    act === 'add' ? `_acme-challenge.${name}. 1 TXT ${text}` : `_acme-challenge.${name}. TXT`;
  return `printf 'server %s\\nupdate ${act} %s\\nsend\\n' ${lab.servers.primary.v4} "${what}" | nsupdate -k ${lab.tsig.keyFile}
${act === 'add' ? 'sleep 1' : ''}`;
}

function environment(lab: Lab): Record<string, string> {
  const lib = join(ROOT ?? '', 'usr/lib/x86_64-linux-gnu');
  return {
    PYTHONHOME: join(ROOT ?? '', 'usr'),
    LD_LIBRARY_PATH: lib,
    REQUESTS_CA_BUNDLE: lab.acme.caFile,
    CURL_CA_BUNDLE: lab.acme.caFile,
    LEGO_CA_CERTIFICATES: lab.acme.caFile,
  };
}

/** `hook`: a command line for the shell, which certbot runs after each renewal. */
export async function startCertbot(lab: Lab, name: string, hook: string): Promise<OtherClient> {
  const folder = join(lab.dir, 'letsencrypt');
  const clean = (text: string): string => `#!/bin/sh\nunset PYTHONHOME LD_LIBRARY_PATH\n${text}\n`;
  const auth = clean(record(lab, 'add', '$CERTBOT_DOMAIN', '$CERTBOT_VALIDATION'));
  const cleanup = clean(record(lab, 'delete', '$CERTBOT_DOMAIN', ''));
  await script(join(folder, 'renewal-hooks/deploy/holger'), clean(`exec ${hook}`));
  const argv = [
    ...[join(ROOT ?? '', 'usr/bin/python3.11'), join(ROOT ?? '', 'usr/bin/certbot')],
    ...['--config-dir', folder, '--work-dir', join(lab.dir, 'certbot-work')],
    ...['--logs-dir', join(lab.dir, 'certbot-logs'), '--non-interactive'],
  ];
  const first = [
    ...['certonly', '--manual', '--preferred-challenges', 'dns', '-d', name, '--cert-name', 'mail'],
    ...['--server', lab.acme.directory, '--agree-tos', '-m', 'hostmaster@dane.test'],
    ...['--no-eff-email', '--key-type', 'ecdsa'],
    ...['--manual-auth-hook', await script(join(lab.dir, 'certbot-auth'), auth)],
    ...['--manual-cleanup-hook', await script(join(lab.dir, 'certbot-cleanup'), cleanup)],
  ];
  let count = 0;
  return {
    folder,
    certificate: join(folder, 'live/mail/fullchain.pem'),
    renew: () => {
      count += 1;
      const renewal = ['renew', '--force-renewal', '--no-random-sleep-on-renew'];
      const args = count === 1 ? first : renewal;
      return run([...argv, ...args], { env: environment(lab), timeoutMs: 300_000 });
    },
  };
}

/** `hook`: a command line for the shell, in the function deploy_cert of its hook. */
export async function startDehydrated(lab: Lab, name: string, hook: string): Promise<OtherClient> {
  const folder = join(lab.dir, 'dehydrated');
  const own = await script(
    join(folder, 'hook.sh'),
    `#!/bin/bash
case "$1" in
deploy_challenge) ${record(lab, 'add', '$2', '$4')} ;;
clean_challenge) ${record(lab, 'delete', '$2', '')} ;;
deploy_cert) ${hook} "$@" ;;
esac
`,
  );
  await writeFile(join(folder, 'domains.txt'), `${name} > mail\n`);
  const config = join(folder, 'config');
  await writeFile(
    config,
    `CA="${lab.acme.directory}"
CHALLENGETYPE="dns-01"
HOOK="${own}"
CONTACT_EMAIL=hostmaster@dane.test
KEY_ALGO=prime256v1
BASEDIR="${folder}"
CURL_OPTS="--cacert ${lab.acme.caFile}"
`,
  );
  const argv = ['bash', join(ROOT ?? '', 'usr/bin/dehydrated'), '--config', config];
  let isRegistered = false;
  const go = (...args: string[]): Promise<RunResult> =>
    run([...argv, ...args], { timeoutMs: 300_000 });
  return {
    folder,
    certificate: join(folder, 'certs/mail/fullchain.pem'),
    renew: async () => {
      if (!isRegistered) await go('--register', '--accept-terms');
      isRegistered = true;
      return go('--cron', '--force');
    },
  };
}

/** `hook`: a program and its arguments; lego starts it without a shell. */
export async function startLego(lab: Lab, name: string, hook: string): Promise<OtherClient> {
  const folder = join(lab.dir, 'lego');
  const secret = (await readFile(lab.tsig.secretFile, 'utf8')).trim();
  const env = {
    ...environment(lab),
    RFC2136_NAMESERVER: lab.servers.primary.v4,
    RFC2136_TSIG_KEY: `${lab.tsig.name}.`,
    RFC2136_TSIG_ALGORITHM: `${lab.tsig.algorithm}.`,
    RFC2136_TSIG_SECRET: secret,
    RFC2136_TTL: '1',
  };
  const argv = [
    ...[join(ROOT ?? '', 'usr/bin/lego'), '--server', lab.acme.directory, '--accept-tos'],
    ...['--email', 'hostmaster@dane.test', '--domains', name, '--path', folder],
    ...['--dns', 'rfc2136', '--dns.disable-cp', '--dns.resolvers', `${lab.resolver.v4}:53`],
  ];
  let count = 0;
  return {
    folder,
    certificate: join(folder, 'certificates', `${name}.crt`),
    renew: () => {
      count += 1;
      const again = ['renew', '--days', '3650', '--no-random-sleep', '--renew-hook', hook];
      const args = count === 1 ? ['run', '--run-hook', hook] : again;
      return run([...argv, ...args], { env, timeoutMs: 300_000 });
    },
  };
}
