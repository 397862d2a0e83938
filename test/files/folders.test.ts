// Folders that are made for a file.
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeFolder } from '../../src/files/folders.ts';

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'holger-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('all that is missing is made with its mode, also by several processes at once, and what exists stays as it is', async () => {
  const base = await temporary();
  const path = join(base, 'a', 'b', 'c');
  await Promise.all([1, 2, 3, 4].map(() => makeFolder(path, 0o750)));
  expect((await stat(path)).mode & 0o7777).toBe(0o750);
  await makeFolder(path, 0o700);
  expect((await stat(path)).mode & 0o7777).toBe(0o750);
});

test('K14: a folder that cannot be made is an error at once, where Node itself would try without end', async () => {
  await expect(makeFolder('/proc/holger/state')).rejects.toMatchObject({ code: 'STORE_REFUSED' });
  const base = await temporary();
  await writeFile(join(base, 'file'), '');
  await expect(makeFolder(join(base, 'file', 'below'))).rejects.toMatchObject({
    code: 'STORE_REFUSED',
    message: expect.stringContaining('not a directory') as string,
  });
  await expect(makeFolder(join(base, 'file'))).rejects.toMatchObject({ code: 'STORE_REFUSED' });
});
