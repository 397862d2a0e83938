import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createGenerationFiles } from '../../src/store/generation-files.ts';
import { fileNameOf, isShortened, keyOf } from '../../src/store/keys.ts';
import { createStore } from '../../src/store/keyv-store.ts';
import { temporaryFolder } from './processes.ts';

const clock = { now: () => Date.now() / 1000, sleep: () => Promise.resolve() };
/** The longest for which a challenge can be answered: `_acme-challenge.` is put before it. */
const host = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(31)}.example.org`;
const keys = [
  `certificate/${host}`,
  `owner/_25._tcp.${host}.`,
  `watched/${host}/_25._tcp.${host}.`,
  `service/smtp://${host}:25`,
];

describe('K32: a name of 235 characters works like any other', () => {
  test.each(keys)('the document %s is kept, found, listed and locked', async (key) => {
    const directory = await temporaryFolder();
    const store = createStore({ directory, clock });
    expect(await store.write(key, { is: key }, 0)).toBe(1);
    expect(await store.write(key, { is: `${key}!` }, 1)).toBe(2);
    const again = createStore({ directory, clock });
    expect(await again.read(key)).toEqual({ value: { is: `${key}!` }, revision: 2 });
    await again.write('certificate/mx1', 1, 0);
    expect(await again.keys('')).toEqual(['certificate/mx1', key].sort());
    expect(await again.keys(key.slice(0, 5))).toContain(key);
    expect(await again.keys('x')).toEqual([]);
    const lease = await again.acquire(key, 'me', 60);
    expect(lease).toBeDefined();
    expect(await again.acquire(key, 'me', 60)).toBeUndefined();
    await lease?.release();
    await again.setAside(key);
    expect(await again.read(key)).toBeUndefined();
    expect(await again.keys('')).toEqual(['certificate/mx1']);
  });

  test('its keys and chains have a folder, and so has the longest wildcard', async () => {
    const state = await temporaryFolder();
    const files = createGenerationFiles(state);
    for (const name of [host, `*.${host}`]) {
      await files.writeKey(name, 1, 'key');
      expect(await files.readKey(name, 1)).toBe('key\n');
      expect(await files.numbers(name)).toEqual([1]);
    }
    expect(new Set(await readdir(join(state, 'certificates'))).size).toBe(2);
  });

  test('names that fitted before stay as they were, and a shortened one is never read as a plain one', () => {
    const fits = `owner/_25._tcp.${'a'.repeat(63)}.${'b'.repeat(63)}.example.org.`;
    expect(keyOf(fileNameOf(fits, 221))).toBe(fits);
    const short = fileNameOf(keys[2] ?? '', 62);
    expect(short.length).toBeLessThanOrEqual(62);
    expect(isShortened(short)).toBe(true);
    expect(keyOf(short)).toBeUndefined();
    expect(isShortened(fileNameOf('a%-b/%2'))).toBe(false);
    expect(fileNameOf(`${keys[2] ?? ''}x`, 62)).not.toBe(short);
  });

  test('a shortened file that names another key is not listed under it', async () => {
    const directory = await temporaryFolder();
    const folder = join(directory, 'documents');
    await mkdir(folder);
    const name = fileNameOf(keys[2] ?? '', 221);
    await writeFile(join(folder, `${name}.json`), JSON.stringify({ key: 'certificate/mx1' }));
    expect(await createStore({ directory, clock }).keys('')).toEqual([]);
  });
});
