// The executable with Node inside as an operator gets it: copied to a bare Debian 12, whose Node is
// too old for holger and is not installed, it plans a rollover against real servers.
import { chmod, cp } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { configure, expectFirstPlan, isMissing, startBareDebian } from '../lab/bare-debian.ts';
import type { BareDebian } from '../lab/bare-debian.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';

let debian: BareDebian;
let lab: Lab;

const holger = (...argv: readonly string[]): ReturnType<BareDebian['run']> =>
  debian.run('holger', ...argv);

describe.skipIf(isMissing('Debian 12'))('on a bare Debian 12', () => {
  beforeAll(async () => {
    debian = await startBareDebian('Debian 12');
    lab = await startLab({ index: 204, ttl: 2 });
  });
  afterAll(async () => {
    await lab?.stop();
    await debian?.remove();
  });

  test('the executable starts where Node is not installed', async () => {
    expect((await debian.run('sh', '-c', 'command -v node')).status).not.toBe(0);
    await cp(process.env['LAB_SINGLE_FILE'] ?? '', debian.file('usr/local/bin/holger'));
    expect(await holger('--version')).toMatchObject({ status: 0, stderr: '' });
  });

  test('a dry run plans the first issuance, after ten lines of what init wrote were edited', async () => {
    expect(await holger('init')).toMatchObject({ status: 0, stderr: '' });
    await cp(lab.tsig.secretFile, debian.file('etc/holger/tsig.key'));
    await chmod(debian.file('etc/holger/tsig.key'), 0o640);
    await configure(debian, lab);
    await expectFirstPlan(holger);
  });
});
