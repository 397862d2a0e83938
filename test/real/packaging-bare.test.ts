// The Debian package as an operator gets it: apt installs it on a bare Debian 13, and the user of
// its timer plans a rollover against real servers.
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makePackages } from '../../packaging/build.mjs';
import { startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { must, run } from '../lab/processes.ts';

/** Set by test/start.mjs; absent for an ordinary user, and without a network. */
const BARE = process.env['LAB_BARE'];
const LIMIT_MS = 300_000;
const CLEAN = ['env', '-i', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'];

let work: string;
let lab: Lab;

const root = (): string => path.join(work, 'root');

/** Inside, as root. */
const within = (...argv: readonly string[]): ReturnType<typeof run> =>
  run([...CLEAN, 'LC_ALL=C.UTF-8', 'DEBIAN_FRONTEND=noninteractive', 'chroot', root(), ...argv], {
    timeoutMs: 200_000,
  });
/** As the units of the package do. */
const asHolger = (...argv: readonly string[]): ReturnType<typeof run> =>
  within('setpriv', '--reuid=holger', '--regid=holger', '--init-groups', '--', ...argv);

describe.skipIf(BARE === undefined)('on a bare Debian 13', () => {
  beforeAll(async () => {
    work = await mkdtemp(path.join(tmpdir(), 'holger-bare-'));
    lab = await startLab({ index: 203, ttl: 2 });
    await must(['cp', '-a', BARE ?? '', root()], { timeoutMs: LIMIT_MS });
    await must(['mount', '--rbind', '/proc', path.join(root(), 'proc')]);
    const [debian = ''] = await makePackages(path.join(work, 'packages'));
    await cp(debian, path.join(root(), 'tmp/holger.deb'));
  }, LIMIT_MS);
  afterAll(async () => {
    await lab?.stop();
    await must(['umount', '--recursive', path.join(root(), 'proc')]);
    await rm(work, { recursive: true, force: true });
  });

  test(
    'apt installs the package with what it depends on',
    async () => {
      const installed = await within(
        ...['apt-get', '-q', '-y', '-o', 'Dpkg::Options::=--force-unsafe-io'],
        ...['--no-install-recommends', 'install', '/tmp/holger.deb'],
      );
      expect(installed.status, installed.stderr).toBe(0);
      expect(await asHolger('holger', '--version')).toMatchObject({ status: 0, stderr: '' });
    },
    LIMIT_MS,
  );

  test('what init writes and a secret of mode 0640 are readable for the user of the timer', async () => {
    expect(await within('holger', 'init')).toMatchObject({ status: 0, stderr: '' });
    const listed = await within('stat', '-c', '%a %U %G', '/etc/holger', '/etc/holger/config.toml');
    expect(listed.stdout).toBe('750 root holger\n640 root holger\n');
    await secretOf(0o640);
    const checked = await asHolger('holger', 'config', 'check');
    expect(checked).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('is valid') as string,
    });
    await secretOf(0o600);
    const refused = await asHolger('holger', 'config', 'check');
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('cannot read /etc/holger/tsig.key: permission denied');
  });

  test('a dry run plans the first issuance against the servers of the lab', async () => {
    await secretOf(0o640);
    await cp(lab.acme.caFile, path.join(root(), 'etc/holger/ca.pem'));
    await writeFile(path.join(root(), 'etc/holger/config.toml'), configuration());
    const checked = await asHolger('holger', 'config', 'check');
    expect(checked.status, checked.stderr).toBe(0);
    const planned = await asHolger('holger', '--json', 'run', '--dry-run');
    expect(planned.status, planned.stderr).toBe(0);
    expect(planned.stdout).toContain('"event":"planned"');
    expect(planned.stdout).toContain('"certificate":"mail"');
  });
});

/** The secret of the lab's key, of the group of its folder. */
async function secretOf(mode: number): Promise<void> {
  const file = path.join(root(), 'etc/holger/tsig.key');
  await cp(lab.tsig.secretFile, file);
  await must(['chroot', root(), 'chown', 'root:holger', '/etc/holger/tsig.key']);
  await must(['chmod', mode.toString(8), file]);
}

function configuration(): string {
  const { acme, resolver, servers, tsig, zone, serving } = lab;
  const { mail } = lab.services;
  return `[acme]
directory = "${acme.directory}"
email = "hostmaster@dane.test"
ca_file = "ca.pem"
[dns]
resolver = ["${resolver.v4}"]
[provider.main]
type = "rfc2136"
server = "${servers.primary.v4}"
tsig = { name = "${tsig.name}.", algorithm = "${tsig.algorithm}", secret = { file = "tsig.key" } }
[[zone]]
name = "${zone}"
nameservers = ${JSON.stringify(serving.map((host) => host.v4))}
[[certificate]]
name = "mail"
domains = ["${mail.host}"]
services = ["${mail.protocol}://${mail.host}:${mail.port}"]
`;
}
