// A file system that is really full, and one that is really read-only: this runs in the namespace,
// where mounting is allowed.
import { randomBytes } from 'node:crypto';
import { appendFile, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFilesTarget } from '../../src/deploy/files.ts';
import { createGenerationFiles } from '../../src/store/generation-files.ts';
import { createStore } from '../../src/store/keyv-store.ts';
import { must } from '../lab/processes.ts';

const clock = { now: () => Date.now() / 1000, sleep: (s: number) => sleep(s * 1000) };
let disk = '';

beforeEach(async () => {
  disk = await mkdtemp(join(tmpdir(), 'holger-disk-'));
  await must(['mount', '-t', 'tmpfs', '-o', 'size=64k,mode=0755', 'tmpfs', disk]);
});

afterEach(async () => {
  await must(['umount', '-l', disk]);
  await rm(disk, { recursive: true, force: true });
});

async function fill(): Promise<void> {
  for (let size = 4096; size >= 1; size = Math.floor(size / 2)) {
    while (
      await appendFile(join(disk, 'ballast'), randomBytes(size)).then(
        () => true,
        () => false,
      )
    );
  }
}

/** Names of all files below the disk, without those of the test. */
async function files(): Promise<string[]> {
  const entries = await readdir(disk, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name !== 'ballast')
    .map((entry) => entry.name)
    .sort();
}

const FULL = {
  code: 'STORE_FAILED',
  hint: 'free some space on that file system, then run again',
  retry: true,
};
const pem = (text: string): string =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(text).toString('base64')}\n-----END CERTIFICATE-----\n`;

test('a full disk fails the write, keeps the document and leaves no temporary file', async () => {
  const store = createStore({ directory: disk, clock });
  await store.write('a', { text: 'old' }, 0);
  await fill();
  const large = { text: 'x'.repeat(100_000) };
  await expect(store.write('a', large, 1)).rejects.toMatchObject(FULL);
  await expect(store.acquire('run', 'me', 60)).rejects.toMatchObject(FULL);
  expect(await store.read('a')).toEqual({ value: { text: 'old' }, revision: 1 });
  expect(await files()).toEqual(['a.json']);
  await rm(join(disk, 'ballast'));
  expect(await store.write('a', { text: 'new' }, 1)).toBe(2);
});

test('a full disk leaves no half key and no half chain', async () => {
  const generations = createGenerationFiles(disk);
  await generations.writeKey('mx1', 1, 'key');
  await fill();
  await expect(generations.writeKey('mx1', 2, 'x'.repeat(9000))).rejects.toMatchObject(FULL);
  await expect(generations.writeChain('mx1', 1, pem('leaf'))).rejects.toMatchObject(FULL);
  expect(await generations.readKey('mx1', 2)).toBeUndefined();
  expect(await generations.readChain('mx1', 1)).toBeUndefined();
  expect(await files()).toEqual(['privkey.pem']);
  await rm(join(disk, 'ballast'));
  await generations.writeChain('mx1', 1, pem('leaf'));
  await generations.setLive('mx1', 1);
  expect(await generations.live('mx1')).toBe(1);
});

test('a full disk replaces neither key nor certificate of a service', async () => {
  const [certificate, key] = [join(disk, 'cert'), join(disk, 'key')];
  const target = createFilesTarget({
    ...{ certificate, key, chain: undefined, combined: undefined, directory: undefined },
    ...{ owner: undefined, group: undefined, mode: undefined, reload: undefined, timeout: 1 },
    existingKey: undefined,
    write: undefined,
  });
  const deploy = (privkey: string, cert: string) => {
    const pems = { privkey, cert, chain: '', fullchain: cert };
    const what = { certificate: 'mx1', generation: 1, domains: [], folder: disk };
    return target.place({ ...what, pems, isOurs: () => Promise.resolve(true) });
  };
  await deploy('old key', pem('old'));
  // Room for the new key, not for the new certificate.
  await fill();
  const room = (await readFile(join(disk, 'ballast'))).length - 8192;
  await must(['truncate', '-s', String(room), join(disk, 'ballast')]);
  await expect(deploy('new key', pem('x'.repeat(20_000)))).rejects.toMatchObject({
    code: 'DEPLOY_FAILED',
    details: { errno: 'ENOSPC' },
  });
  expect(await readFile(key, 'utf8')).toBe('old key');
  expect((await target.placed({})).map((one) => one.pem)).toEqual([pem('old')]);
  expect(await files()).toEqual(['cert', 'key']);
});

test('a read-only disk fails the write and the error says so', async () => {
  const store = createStore({ directory: disk, clock });
  await store.write('a', 1, 0);
  await must(['mount', '-o', 'remount,ro', disk]);
  await expect(store.write('a', 2, 1)).rejects.toMatchObject({
    code: 'STORE_REFUSED',
    exit: 4,
    hint: expect.stringContaining('read-only'),
  });
  expect(await store.read('a')).toEqual({ value: 1, revision: 1 });
});
