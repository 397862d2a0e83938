// What systemd is told, by a stand-in for systemd-notify that writes down what it is given.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/base/log.ts';
import { openServiceManager } from '../../src/process/service-manager.ts';
import { temporaryFolder } from '../deploy/packages.ts';

let folder: string;
let program: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  program = join(folder, 'systemd-notify');
  // The first call is the slowest.
  const script = `#!/bin/sh
[ -e ${folder}/told ] || sleep 0.2
echo "$NOTIFY_SOCKET $*" >> ${folder}/told
`;
  await writeFile(program, script, { mode: 0o700 });
});

const told = async (): Promise<string[]> =>
  (await readFile(join(folder, 'told'), 'utf8').catch(() => '')).split('\n').slice(0, -1);

describe('the service manager', () => {
  it('is told in order, each line as an argument of its own', async () => {
    const manager = openServiceManager({ NOTIFY_SOCKET: '/run/n' }, silentLogger, program);
    manager.ready('3 certificates');
    manager.reloading();
    manager.ready('4\ncertificates');
    await manager.stopping();
    expect(await told()).toEqual([
      '/run/n READY=1 STATUS=3 certificates',
      expect.stringMatching(/^\/run\/n RELOADING=1 MONOTONIC_USEC=\d+$/),
      '/run/n READY=1 STATUS=4 certificates',
      '/run/n STOPPING=1',
    ]);
  });

  it('hears from a living process twice in the time of its watchdog', async () => {
    const env = { NOTIFY_SOCKET: '/run/n', WATCHDOG_USEC: '1000000' };
    const manager = openServiceManager(env, silentLogger, program);
    await sleep(1400);
    await manager.stopping();
    const count = (await told()).filter((line) => line.endsWith('WATCHDOG=1')).length;
    expect(count).toBeGreaterThanOrEqual(2);
    await sleep(600);
    expect((await told()).at(-1)).toBe('/run/n STOPPING=1');
  });

  it('hears nothing of a watchdog that waits for another process', async () => {
    const env = { NOTIFY_SOCKET: '/run/n', WATCHDOG_USEC: '1000000', WATCHDOG_PID: '1' };
    const manager = openServiceManager(env, silentLogger, program);
    await sleep(700);
    await manager.stopping();
    expect(await told()).toEqual(['/run/n STOPPING=1']);
  });

  it('starts nothing where nothing listens', async () => {
    const manager = openServiceManager({}, silentLogger, program);
    manager.ready('');
    manager.reloading();
    await manager.stopping();
    expect(await told()).toEqual([]);
  });

  it('whose program is missing is a warning, and no more', async () => {
    const warnings: unknown[] = [];
    const log = { ...silentLogger, warn: (message: string) => warnings.push(message) };
    const manager = openServiceManager({ NOTIFY_SOCKET: '/run/n' }, log, join(folder, 'missing'));
    await manager.stopping();
    expect(warnings).toEqual(['systemd was not told']);
  });
});
