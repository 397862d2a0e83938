// A file that was read is read again as soon as it is another one, or its rights are.
import { chmod, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { KnownFiles } from '../../src/files/known-files.ts';
import { temporaryFolder } from '../store/processes.ts';

it('reads what is there now, and judges whose it is', async () => {
  const folder = await temporaryFolder();
  const [path, other] = [join(folder, 'a.json'), join(folder, 'b.json')];
  const files = new KnownFiles();
  const write = (at: string, text: string): Promise<void> => writeFile(at, text, { mode: 0o600 });
  expect(await files.read(path)).toBeUndefined();
  await write(path, 'one');
  expect(await files.read(path)).toBe('one');
  expect(await files.read(path)).toBe('one');
  await sleep(150);
  expect(await files.read(path)).toBe('one');
  expect(files.size).toBe(1);
  await write(path, 'two');
  expect(await files.read(path)).toBe('two');
  await write(other, 'six');
  await rename(other, path);
  expect(await files.read(path)).toBe('six');
  await chmod(path, 0o666);
  await expect(files.read(path)).rejects.toMatchObject({ code: 'STORE_REFUSED' });
  await unlink(path);
  expect(await files.read(path)).toBeUndefined();
});

it('keeps as many as are in use, and reads the others again', async () => {
  const folder = await temporaryFolder();
  const files = new KnownFiles();
  const paths = Array.from({ length: 300 }, (_, i) => join(folder, `${i}.json`));
  for (const [i, path] of paths.entries()) await writeFile(path, String(i), { mode: 0o600 });
  await sleep(150);
  for (let round = 0; round < 2; round += 1) {
    for (const [i, path] of paths.entries()) expect(await files.read(path)).toBe(String(i));
  }
  expect(files.size).toBe(128);
});

it('keeps nothing that was changed a moment ago', async () => {
  const folder = await temporaryFolder();
  const files = new KnownFiles();
  const path = join(folder, 'a.json');
  await writeFile(path, 'one', { mode: 0o600 });
  expect(await files.read(path)).toBe('one');
  expect(files.size).toBe(0);
});
