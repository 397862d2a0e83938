import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Keyv } from 'keyv';
import { describe, expect, test } from 'vitest';
import { createStore } from '../../src/store/keyv-store.ts';
import { startChild, temporaryFolder } from './processes.ts';

const clock = { now: () => Date.now() / 1000, sleep: (s: number) => sleep(s * 1000) };
const storeIn = (directory: string) => createStore({ directory, clock });

test('what is written is read back, with the revision of the write', async () => {
  const directory = await temporaryFolder();
  const revision = await storeIn(directory).write('certificate/mx1', { state: 'key' }, 0);
  expect(await storeIn(directory).read('certificate/mx1')).toEqual({
    value: { state: 'key' },
    revision,
  });
  expect(await storeIn(directory).read('certificate/mx2')).toBeUndefined();
});

test('a document is one readable file with its schema', async () => {
  const directory = await temporaryFolder();
  await storeIn(directory).write('certificate/*.example.org', { state: 'key' }, 0);
  const names = await readdir(join(directory, 'documents'));
  expect(names).toEqual(['certificate%2F%2A.example.org.json']);
  const text = await readFile(join(directory, 'documents', names[0] ?? ''), 'utf8');
  expect(JSON.parse(text)).toEqual({ value: { schema: 1, revision: 1, value: { state: 'key' } } });
});

test('a write that expects another revision is refused and changes nothing', async () => {
  const store = storeIn(await temporaryFolder());
  const first = await store.write('a', 1, 0);
  await store.write('a', 2, first);
  for (const expected of [0, first]) {
    await expect(store.write('a', 3, expected)).rejects.toMatchObject({
      code: 'REVISION_CONFLICT',
    });
  }
  await expect(store.write('b', 1, 7)).rejects.toMatchObject({ code: 'REVISION_CONFLICT' });
  expect(await store.read('a')).toEqual({ value: 2, revision: 2 });
});

test('of writers with the same expectation exactly one wins', async () => {
  const store = storeIn(await temporaryFolder());
  const results = await Promise.allSettled([1, 2, 3, 4, 5].map((n) => store.write('a', n, 0)));
  expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
});

test('what is written under its own lease is written by no other process meanwhile', async () => {
  const directory = await temporaryFolder();
  const hurried = { now: clock.now, sleep: () => sleep(0) };
  const leased = () =>
    createStore({ directory, clock: hurried, isLeased: (key) => key.startsWith('certificate/') });
  const [holder, other] = [leased(), leased()];
  const lease = await holder.acquire('certificate/mx1', 'host', 60);
  expect(await holder.write('certificate/mx1', 1, 0)).toBe(1);
  await expect(other.write('certificate/mx1', 2, 1)).rejects.toMatchObject({ code: 'LOCKED' });
  expect(await other.write('certificate/mx2', 2, 0)).toBe(1);
  expect(await readdir(join(directory, 'locks')).catch(() => [])).toEqual([]);
  await lease?.release();
  expect(await other.write('certificate/mx1', 2, 1)).toBe(2);
  // A lease that was given back twice leaves the next one alone.
  const next = await holder.acquire('certificate/mx1', 'host', 60);
  await lease?.release();
  expect(await holder.write('certificate/mx1', 3, 2)).toBe(3);
  await next?.release();
});

test('keys are listed by prefix, foreign files in the folder are not', async () => {
  const directory = await temporaryFolder();
  const store = storeIn(directory);
  expect(await store.keys('')).toEqual([]);
  for (const key of ['c/b', 'c/a', 'owner/x', '.hidden', 'Ünicode']) await store.write(key, 1, 0);
  await writeFile(join(directory, 'documents', 'notes.txt'), '');
  await writeFile(join(directory, 'documents', 'bad%zz.json'), '');
  expect(await store.keys('c/')).toEqual(['c/a', 'c/b']);
  expect(await store.keys('')).toHaveLength(5);
});

describe('a document that cannot be read is an error, never an absence', () => {
  const damaged: readonly [string, string][] = [
    ['empty', ''],
    ['half', '{"value":{"schema":1,"revi'],
    ['not an object', '7'],
    ['null', 'null'],
    ['without a value', '{}'],
    ['null inside', '{"value":null}'],
    ['without schema', '{"value":{"revision":1,"value":{}}}'],
    ['without revision', '{"value":{"schema":1,"value":{}}}'],
    ['with a wrong revision', '{"value":{"schema":1,"revision":0,"value":{}}}'],
  ];
  test.each(damaged)('%s', async (_, text) => {
    const directory = await temporaryFolder();
    const path = join(directory, 'documents', 'a.json');
    await mkdir(join(directory, 'documents'));
    await writeFile(path, text);
    const store = storeIn(directory);
    const failure = { code: 'STORE_CORRUPT', message: expect.stringContaining(path) };
    await expect(store.read('a')).rejects.toMatchObject(failure);
    await expect(store.write('a', 1, 0)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    expect(await readFile(path, 'utf8')).toBe(text);
    expect(await store.keys('')).toEqual(['a']);
    // Set aside it is absent, and kept for inspection.
    await store.setAside('a');
    expect(await store.read('a')).toBeUndefined();
    expect(await store.keys('')).toEqual([]);
    expect(await readFile(`${path}.damaged`, 'utf8')).toBe(text);
    expect(await store.write('a', 1, 0)).toBe(1);
  });
});

test('a document of a newer version is refused and stays', async () => {
  const directory = await temporaryFolder();
  await mkdir(join(directory, 'documents'));
  const text = '{"value":{"schema":2,"revision":5,"value":{}}}';
  await writeFile(join(directory, 'documents', 'a.json'), text);
  await expect(storeIn(directory).read('a')).rejects.toMatchObject({ code: 'STORE_NEWER' });
  await expect(storeIn(directory).write('a', 1, 5)).rejects.toMatchObject({ code: 'STORE_NEWER' });
});

test('a document to which another program gave an expiry is not deleted', async () => {
  const directory = await temporaryFolder();
  await mkdir(join(directory, 'documents'));
  const text = '{"expires":1,"value":{"schema":1,"revision":5,"value":7}}';
  await writeFile(join(directory, 'documents', 'a.json'), text);
  expect(await storeIn(directory).read('a')).toEqual({ value: 7, revision: 5 });
});

test('an outage of another Keyv is an error on read and on write', async () => {
  const broken = () => Promise.reject(new Error('connection lost'));
  const adapter = Object.assign(new Map(), { get: broken, set: broken });
  const store = createStore({
    directory: await temporaryFolder(),
    clock,
    keyv: new Keyv({ store: adapter }),
  });
  await expect(store.read('a')).rejects.toMatchObject({ code: 'STORE_FAILED' });
  await expect(store.write('a', 1, 0)).rejects.toMatchObject({ code: 'STORE_FAILED' });
});

test('another Keyv keeps documents under the same rules', async () => {
  const keyv = new Keyv();
  const store = createStore({ directory: await temporaryFolder(), clock, keyv });
  await store.write('a/1', { x: 1 }, 0);
  await expect(store.write('a/1', 2, 0)).rejects.toMatchObject({ code: 'REVISION_CONFLICT' });
  expect(await store.read('a/1')).toEqual({ value: { x: 1 }, revision: 1 });
  expect(await store.keys('a/')).toEqual(['a/1']);
});

test('processes that count together lose no count', async () => {
  const directory = await temporaryFolder();
  const children = await Promise.all([1, 2, 3, 4].map(() => startChild('count', directory)));
  await Promise.all(children.map((child) => child.ended));
  expect(await storeIn(directory).read('counter')).toEqual({ value: 100, revision: 100 });
});

test('kill -9 at any moment leaves the last acknowledged document or a newer one, whole', async () => {
  const directory = await temporaryFolder();
  let acknowledged = 0;
  for (let round = 0; round < 12; round += 1) {
    const child = await startChild('write', directory);
    while (child.lines.length < 1) await sleep(5);
    await sleep(Math.random() * 40);
    child.process.kill('SIGKILL');
    await child.ended;
    acknowledged = Math.max(acknowledged, Number(child.lines.at(-1)));
    const found = await storeIn(directory).read<{ revision: number; pad: string }>('doc');
    expect(found?.revision).toBeGreaterThanOrEqual(acknowledged);
    expect(found?.value.revision).toBe(found?.revision);
    expect(found?.value.pad).toHaveLength(200_000);
  }
  const now = (await storeIn(directory).read('doc'))?.revision ?? 0;
  await storeIn(directory).write('doc', {}, now);
  // Neither documents nor locks keep what the killed processes were writing.
  expect(await readdir(join(directory, 'documents'))).toEqual(['doc.json']);
  expect(await readdir(join(directory, 'locks'))).toEqual([]);
});
