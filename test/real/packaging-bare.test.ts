// The Debian package as an operator gets it: apt installs it on a bare Debian 13, and the user of
// its timer plans a rollover against real servers.
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { makePackages } from '../../packaging/build.mjs';
import { configure, expectFirstPlan, isMissing, startBareDebian } from '../lab/bare-debian.ts';
import type { BareDebian } from '../lab/bare-debian.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { must } from '../lab/processes.ts';

const LIMIT_MS = 300_000;

let debian: BareDebian;
let lab: Lab;

/** As the units of the package do. */
const asHolger = (...argv: readonly string[]): ReturnType<BareDebian['run']> =>
  debian.run('setpriv', '--reuid=holger', '--regid=holger', '--init-groups', '--', ...argv);
const holger = (...argv: readonly string[]): ReturnType<BareDebian['run']> =>
  asHolger('holger', ...argv);

describe.skipIf(isMissing('Debian 13'))('on a bare Debian 13', () => {
  beforeAll(async () => {
    debian = await startBareDebian('Debian 13');
    lab = await startLab({ index: 203, ttl: 2 });
  }, LIMIT_MS);
  afterAll(async () => {
    await lab?.stop();
    await debian?.remove();
  });

  test(
    'apt installs the package with what it depends on',
    async () => {
      const packages = await mkdtemp(path.join(tmpdir(), 'holger-packages-'));
      onTestFinished(() => rm(packages, { recursive: true, force: true }));
      const [made = ''] = await makePackages(packages);
      await cp(made, debian.file('tmp/holger.deb'));
      const installed = await debian.run(
        ...['apt-get', '-q', '-y', '-o', 'Dpkg::Options::=--force-unsafe-io'],
        ...['--no-install-recommends', 'install', '/tmp/holger.deb'],
      );
      expect(installed.status, installed.stderr).toBe(0);
      expect(await holger('--version')).toMatchObject({ status: 0, stderr: '' });
    },
    LIMIT_MS,
  );

  test('what init writes and a secret of mode 0640 are readable for the user of the timer', async () => {
    expect(await debian.run('holger', 'init')).toMatchObject({ status: 0, stderr: '' });
    const listed = await debian.run(
      ...['stat', '-c', '%a %U %G', '/etc/holger', '/etc/holger/config.toml'],
    );
    expect(listed.stdout).toBe('750 root holger\n640 root holger\n');
    await secretOf(0o640);
    const checked = await holger('config', 'check');
    expect(checked).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('is valid') as string,
    });
    await secretOf(0o600);
    const refused = await holger('config', 'check');
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('cannot read /etc/holger/tsig.key: permission denied');
  });

  test('a dry run plans the first issuance, after ten lines of what init wrote were edited', async () => {
    await secretOf(0o640);
    await configure(debian, lab);
    await expectFirstPlan(holger);
  });
});

/** The secret of the lab's key, of the group of its folder. */
async function secretOf(mode: number): Promise<void> {
  await cp(lab.tsig.secretFile, debian.file('etc/holger/tsig.key'));
  const owned = await debian.run('chown', 'root:holger', '/etc/holger/tsig.key');
  expect(owned.status, owned.stderr).toBe(0);
  await must(['chmod', mode.toString(8), debian.file('etc/holger/tsig.key')]);
}
