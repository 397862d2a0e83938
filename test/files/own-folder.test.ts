import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { OwnFolder } from '../../src/files/own-folder.ts';
import { writeFileDurably } from '../../src/files/write.ts';
import { temporaryFolder } from '../store/processes.ts';

const dead = 999_999_999;

test('what killed processes left in a folder of holger is removed, and the folder is listed once', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, `.a.json.holger-${dead}-00ff`), 'half');
  await writeFile(join(folder, `.b.json.holger-${dead}-00ff`), 'half');
  const own = new OwnFolder(folder);
  await writeFileDurably(join(folder, 'a.json'), '1', { own });
  expect(await readdir(folder)).toEqual([`.b.json.holger-${dead}-00ff`, 'a.json']);
  await writeFileDurably(join(folder, 'b.json'), '1', { own });
  expect(await readdir(folder)).toEqual(['a.json', 'b.json']);
  await writeFile(join(folder, `.a.json.holger-${dead}-11ff`), 'half');
  await writeFileDurably(join(folder, 'a.json'), '2', { own });
  expect(await readdir(folder)).toContain(`.a.json.holger-${dead}-11ff`);
  // The next process lists it again.
  await writeFileDurably(join(folder, 'a.json'), '3', { own: new OwnFolder(folder) });
  expect(await readdir(folder)).toEqual(['a.json', 'b.json']);
});

test('a folder that is missing, or removed meanwhile, is made', async () => {
  const folder = join(await temporaryFolder(), 'documents');
  const own = new OwnFolder(folder);
  const write = (): Promise<void> =>
    own.writing(() => writeFileDurably(join(folder, 'a'), '1', { own }));
  await write();
  await rm(folder, { recursive: true });
  await write();
  expect(await readdir(folder)).toEqual(['a']);
});
