// Another machine: sshd (Debian's) with holger-receive as the forced command of one key, and the
// files of that machine's services in its receive.conf.
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { accepts } from './checks.ts';
import type { LabService } from './lab.ts';
import { must } from './processes.ts';
import type { Daemons } from './processes.ts';

export interface SshHost {
  readonly name: string;
  readonly address: string;
  readonly folder: string;
  /** A configuration of ssh that reaches it with the key of the sender. */
  readonly sshConfig: string;
  /** The lines of [target.NAME]. */
  readonly target: string;
  start(): Promise<void>;
  /** The machine is down. */
  stop(): Promise<void>;
}

/** sshd does not start as root of a namespace that knows no other user. */
export const HAS_SSHD = process.env['LAB_UNPRIVILEGED'] !== '1';
/** For the title of what is then not tested. */
export const WITHOUT_SSHD = HAS_SSHD ? '' : ': NOT TESTED HERE: sshd needs a machine with root';

const RECEIVER = join(process.cwd(), 'receive/holger-receive');
const PORT = 2222;

interface SshHostOptions {
  readonly daemons: Daemons;
  readonly dir: string;
  readonly name: string;
  readonly address: string;
  /** By section of receive.conf. */
  readonly files: Readonly<
    Record<
      string,
      Pick<LabService, 'certificateFile' | 'keyFile'> & { readonly reload: readonly string[] }
    >
  >;
}

export async function makeSshHost(options: SshHostOptions): Promise<SshHost> {
  const { daemons, dir, name, address } = options;
  const folder = join(dir, `host-${name}`);
  await mkdir(join(folder, 'state'), { recursive: true });
  await chmod(folder, 0o755);
  for (const key of ['host', 'sender']) {
    await must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', join(folder, key)]);
  }
  await writeFile(join(folder, 'receive.conf'), await receiveConf(options, folder));
  await writeAuthorized(folder);
  await writeFile(join(folder, 'sshd_config'), sshdConfig(folder, address));
  const hostKey = (await must(['cat', join(folder, 'host.pub')])).trim();
  await writeFile(join(folder, 'known_hosts'), `[${address}]:${PORT} ${hostKey}\n`);
  const sshConfig = join(folder, 'ssh_config');
  await writeFile(
    sshConfig,
    `Host *\n  UserKnownHostsFile ${join(folder, 'known_hosts')}\n  StrictHostKeyChecking yes\n  IdentityFile ${join(folder, 'sender')}\n`,
  );
  const daemon = `sshd-${name}`;
  return {
    ...{ name, address, folder, sshConfig },
    target: `[target.${name}]
type = "ssh"
host = "${address}"
port = ${PORT}
user = "root"
ssh_config = "${sshConfig}"
`,
    start: async () => {
      // sshd wants a folder below /run that only root can write to.
      const inside = `mount -t tmpfs tmpfs /run && mkdir -m 0755 /run/sshd && exec /usr/sbin/sshd -D -e -f ${join(folder, 'sshd_config')}`;
      daemons.start(daemon, ['unshare', '-m', '--propagation', 'private', 'sh', '-c', inside]);
      await daemons.waitFor(daemon, () => accepts(address, PORT));
    },
    stop: () => daemons.stop(daemon),
  };
}

async function writeAuthorized(folder: string): Promise<void> {
  const key = (await must(['cat', join(folder, 'sender.pub')])).trim();
  const forced = `restrict,command="${RECEIVER} -c ${join(folder, 'receive.conf')}"`;
  await writeFile(join(folder, 'authorized_keys'), `${forced} ${key}\n`, { mode: 0o600 });
}

/** A command of receive.conf is split at spaces, so it is a script. */
async function receiveConf({ files }: SshHostOptions, folder: string): Promise<string> {
  const sections: string[] = [];
  for (const [section, { certificateFile, keyFile, reload }] of Object.entries(files)) {
    const script = join(folder, `reload-${section}`);
    const command = reload.map((word) => `'${word}'`).join(' ');
    await writeFile(script, `#!/bin/sh\nexec ${command}\n`, { mode: 0o755 });
    sections.push(
      `[${section}]\ncertificate = ${certificateFile}\nkey = ${keyFile}\nreload = ${script}\n`,
    );
  }
  return `state = ${join(folder, 'state')}\n${sections.join('\n')}`;
}

function sshdConfig(folder: string, address: string): string {
  return `ListenAddress ${address}
Port ${PORT}
HostKey ${join(folder, 'host')}
AuthorizedKeysFile ${join(folder, 'authorized_keys')}
PidFile none
# Its folder is below /tmp.
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin forced-commands-only
UsePAM no
LogLevel VERBOSE
`;
}
