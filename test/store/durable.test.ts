import { chmod, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder } from '../../src/files/folders.ts';
import { commitFiles, stageFile } from '../../src/files/staged.ts';
import { readFileIfAny, writeFileDurably, writeNewFile } from '../../src/files/write.ts';
import { temporaryFolder } from './processes.ts';

test('a file is made with the requested mode and no other file is left', async () => {
  const folder = await temporaryFolder();
  await writeFileDurably(join(folder, 'a'), 'one');
  await writeFileDurably(join(folder, 'b'), 'two', { mode: 0o640 });
  expect((await stat(join(folder, 'a'))).mode & 0o777).toBe(0o600);
  expect((await stat(join(folder, 'b'))).mode & 0o777).toBe(0o640);
  expect(await readdir(folder)).toEqual(['a', 'b']);
});

test('a new file never replaces an existing one', async () => {
  const path = join(await temporaryFolder(), 'a');
  expect(await writeNewFile(path, 'one')).toBe(true);
  expect(await writeNewFile(path, 'two')).toBe(false);
  expect(await readFile(path, 'utf8')).toBe('one');
  expect(await readdir(join(path, '..'))).toEqual(['a']);
});

test('of many writers of a new file exactly one wins', async () => {
  const path = join(await temporaryFolder(), 'a');
  const results = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => writeNewFile(path, String(n))));
  expect(results.filter(Boolean)).toHaveLength(1);
});

test('a folder in the way is an error that leaves no temporary file', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'a'));
  await expect(writeFileDurably(join(folder, 'a'), 'x')).rejects.toMatchObject({
    code: 'STORE_REFUSED',
    details: { errno: 'EISDIR' },
  });
  expect(await readdir(folder)).toEqual(['a']);
});

test('a missing folder is an error with a hint', async () => {
  const path = join(await temporaryFolder(), 'missing', 'a');
  await expect(writeFileDurably(path, 'x', { code: 'DEPLOY_FAILED' })).rejects.toMatchObject({
    code: 'DEPLOY_REFUSED',
    hint: 'create the folder first, or correct the path',
  });
});

test('what a killed process left under a temporary name is removed, that of a running one is not', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, '.key.holger-999999999-00ff'), 'secret');
  await writeFile(join(folder, `.key.holger-${process.ppid}-00ff`), 'in work');
  await writeFileDurably(join(folder, 'key'), 'new');
  expect(await readdir(folder)).toEqual([`.key.holger-${process.ppid}-00ff`, 'key']);
});

test('nothing is replaced when the second of two files cannot be', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'key'), 'old');
  const key = await stageFile(join(folder, 'key'), 'new');
  await expect(stageFile(join(folder, 'none', 'cert'), 'new')).rejects.toThrow();
  expect(await readFile(join(folder, 'key'), 'utf8')).toBe('old');
  await commitFiles([key]);
  expect(await readFile(join(folder, 'key'), 'utf8')).toBe('new');
});

test('folders are made with their parents, and existing ones keep their mode', async () => {
  const folder = await temporaryFolder();
  await chmod(folder, 0o755);
  await makeFolder(join(folder, 'a', 'b', 'c'));
  expect((await stat(join(folder, 'a'))).mode & 0o777).toBe(0o700);
  await makeFolder(folder);
  expect((await stat(folder)).mode & 0o777).toBe(0o755);
});

test('only a missing file is absent; a path through a file is an error', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'a'), '');
  expect(await readFileIfAny(join(folder, 'b'))).toBeUndefined();
  await expect(readFileIfAny(join(folder, 'a', 'b'))).rejects.toMatchObject({
    code: 'STORE_REFUSED',
  });
});
