import { mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createStore } from '../../src/store/keyv-store.ts';
import { currentProcess } from '../../src/store/process-identity.ts';
import { startChild, temporaryFolder } from './processes.ts';

const clock = { now: () => Date.now() / 1000, sleep: (s: number) => sleep(s * 1000) };
const storeIn = (directory: string) => createStore({ directory, clock });

async function leaveLease(directory: string, content: string): Promise<void> {
  await mkdir(join(directory, 'leases'), { recursive: true });
  await writeFile(join(directory, 'leases', 'run.lease'), content);
}

const leaseOf = (process: object, expires = clock.now() + 3600): string =>
  JSON.stringify({ token: 'a1b2', holder: 'test', process, expires });

test('a lease is held once, and again after it was released; releasing twice is allowed', async () => {
  const directory = await temporaryFolder();
  const store = storeIn(directory);
  const lease = await store.acquire('run', 'me', 60);
  expect(await store.acquire('run', 'me', 60)).toBeUndefined();
  expect(await store.acquire('other', 'me', 60)).toBeDefined();
  await lease?.release();
  const again = await store.acquire('run', 'me', 60);
  expect(again).toBeDefined();
  await lease?.release();
  expect(await store.acquire('run', 'me', 60)).toBeUndefined();
  await again?.release();
  expect(await readdir(join(directory, 'leases'))).toEqual(['other.lease']);
});

test('the lease of a live process is refused, that of a killed one is taken over', async () => {
  const directory = await temporaryFolder();
  const child = await startChild('hold', directory);
  while (child.lines.length === 0) await sleep(5);
  expect(child.lines).toEqual(['held']);
  expect(await storeIn(directory).acquire('run', 'me', 60)).toBeUndefined();
  child.process.kill('SIGKILL');
  await child.ended;
  const lease = await storeIn(directory).acquire('run', 'me', 60);
  expect(lease).toBeDefined();
  await lease?.release();
  expect(await readdir(join(directory, 'leases'))).toEqual([]);
});

describe('a lease that was left behind', () => {
  const self = currentProcess();
  const cases: readonly [string, string, boolean][] = [
    ['by a process whose number another one has now', leaseOf({ ...self, started: '1' }), true],
    ['half written by a power failure', '{"tok', true],
    ['empty', '', true],
    ['by this very process', leaseOf(self), false],
    ['by this very process, expired', leaseOf(self, 1), false],
    ['in another container', leaseOf({ ...self, namespace: 'pid:[1]' }), false],
    ['in another container, expired', leaseOf({ ...self, namespace: 'pid:[1]' }, 1), true],
    ['on another machine', leaseOf({ ...self, boot: 'other', host: 'other' }), false],
    ['on another machine, expired', leaseOf({ ...self, boot: 'other', host: 'other' }, 1), true],
  ];
  test.each(cases)('%s: taken over %#', async (_, content, taken) => {
    const directory = await temporaryFolder();
    await leaveLease(directory, content);
    const lease = await storeIn(directory).acquire('run', 'me', 60);
    expect(lease !== undefined).toBe(taken);
    if (!taken) {
      expect(await readFile(join(directory, 'leases', 'run.lease'), 'utf8')).toBe(content);
    }
  });
});

test('a process that died while taking over does not block the lease', async () => {
  const directory = await temporaryFolder();
  const dead = { ...currentProcess(), started: '1' };
  await leaveLease(directory, leaseOf(dead));
  await writeFile(
    join(directory, 'leases', 'run.lease.a1b2'),
    JSON.stringify({ token: 'c3d4', holder: 'test', process: dead, expires: 1 }),
  );
  expect(await storeIn(directory).acquire('run', 'me', 60)).toBeDefined();
  expect(await readdir(join(directory, 'leases'))).toEqual(['run.lease']);
});

test('what a process left that was killed while it released is removed; another lease with a similar name stays', async () => {
  const directory = await temporaryFolder();
  await leaveLease(directory, leaseOf(currentProcess()));
  const folder = join(directory, 'leases');
  await rename(join(folder, 'run.lease'), join(folder, 'run.lease.a1b2'));
  await storeIn(directory).acquire('run.lease.b', 'me', 60);
  const lease = await storeIn(directory).acquire('run', 'me', 60);
  expect(await readdir(folder)).toEqual(['run.lease', 'run.lease.b.lease']);
  await lease?.release();
  expect(await readdir(folder)).toEqual(['run.lease.b.lease']);
});

test('a holder that lost its lease by expiry does not release that of the next', async () => {
  const directory = await temporaryFolder();
  const lease = await storeIn(directory).acquire('run', 'me', 60);
  await leaveLease(directory, leaseOf(currentProcess()));
  await lease?.release();
  expect(await readdir(join(directory, 'leases'))).toEqual(['run.lease']);
});

test.each(['free', 'dead holder', 'half a file'])(
  'of processes that request a lease at the same instant exactly one gets it: %s',
  async (before) => {
    for (let round = 0; round < 2; round += 1) {
      const directory = await temporaryFolder();
      if (before === 'dead holder') {
        await leaveLease(directory, leaseOf({ ...currentProcess(), started: '1' }));
      }
      if (before === 'half a file') await leaveLease(directory, '{"token":');
      const startAt = String(Date.now() + 500);
      const children = await Promise.all(
        Array.from({ length: 6 }, () => startChild('race', directory, startAt)),
      );
      while (children.some((child) => child.lines.length === 0)) await sleep(10);
      for (const child of children) child.process.kill('SIGKILL');
      const answers = children.flatMap((child) => child.lines);
      expect(answers.sort()).toEqual(['held', ...Array.from({ length: 5 }, () => 'refused')]);
    }
  },
);
