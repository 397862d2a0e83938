// How file systems affect a deployment: mounted files, read-only mounts, ACLs and attributes. In
// the namespace, where mounting is allowed.
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFilesTarget, type FilesTargetOptions } from '../../src/deploy/files.ts';
import { filesProblems } from '../../src/deploy/problems.ts';
import { must } from '../lab/processes.ts';
import { pems, somePackage } from '../deploy/packages.ts';

const NEXT = { ...pems, privkey: `${pems.privkey}next\n`, fullchain: `${pems.fullchain}next\n` };
const next = { ...somePackage(2), pems: NEXT };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holger-files-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const optionsOf = (options: Partial<FilesTargetOptions>): FilesTargetOptions => ({
  ...{ certificate: undefined, key: undefined, chain: undefined, combined: undefined },
  ...{ existingKey: undefined, directory: undefined, owner: undefined, group: undefined },
  ...{ mode: undefined, write: undefined, reload: undefined, timeout: 10 },
  ...options,
});
const target = (options: Partial<FilesTargetOptions>) => createFilesTarget(optionsOf(options));

describe('K43: a file that is mounted by itself', () => {
  let key: string;
  let outside: string;
  beforeEach(async () => {
    outside = join(folder, 'outside');
    await mkdir(outside);
    key = join(folder, 'key');
    for (const path of [key, join(outside, 'key')])
      await writeFile(path, pems.privkey, { mode: 0o600 });
    await must(['mount', '--bind', join(outside, 'key'), key]);
  });
  afterEach(() => must(['umount', '-l', key]));

  test('cannot be replaced: a person is told at once what to mount, and config check reports it before', async () => {
    await expect(target({ key }).place(next)).rejects.toMatchObject({
      ...{ code: 'DEPLOY_REFUSED', exit: 4, details: { errno: 'EBUSY' } },
      hint: expect.stringMatching(/mount its folder instead, or set write = "in-place"/) as string,
    });
    expect(await readFile(key, 'utf8')).toBe(pems.privkey);
    expect((await readdir(folder)).sort()).toEqual(['key', 'outside']);
    expect(await filesProblems(optionsOf({ key }))).toEqual([
      expect.stringMatching(/is mounted by itself.*write = "in-place"/),
    ]);
  });

  test('is overwritten where the operator allows it, and is the same file on both sides', async () => {
    const files = target({ key, certificate: join(folder, 'cert'), write: 'in-place' });
    expect(await filesProblems(optionsOf({ key, write: 'in-place' }))).toEqual([]);
    const { ino } = await stat(key);
    await files.place(next);
    expect(await readFile(join(outside, 'key'), 'utf8')).toBe(NEXT.privkey);
    expect((await stat(key)).ino).toBe(ino);
    await files.place(somePackage());
    expect(await readFile(join(outside, 'key'), 'utf8')).toBe(pems.privkey);
    expect(await files.differences(somePackage())).toEqual([]);
    expect((await stat(key)).mode & 0o777).toBe(0o600);
  });
});

describe('K43: what does not pass with time', () => {
  test('a read-only file system needs a person at once, and config check finds it', async () => {
    const key = join(folder, 'key');
    await must(['mount', '-t', 'tmpfs', '-o', 'ro,mode=0755', 'tmpfs', folder]);
    try {
      const refused = { code: 'DEPLOY_REFUSED', exit: 4, details: { errno: 'EROFS' } };
      await expect(target({ key }).place(next)).rejects.toMatchObject(refused);
      expect(await filesProblems(optionsOf({ key }))).toEqual([expect.stringMatching(/read-only/)]);
    } finally {
      await must(['umount', '-l', folder]);
    }
  });

  test('a full disk is tried again, in place too, where the old content is written back', async () => {
    const key = join(folder, 'key');
    await must(['mount', '-t', 'tmpfs', '-o', 'size=32k,mode=0755', 'tmpfs', folder]);
    try {
      await writeFile(key, pems.privkey, { mode: 0o600 });
      const large = { ...next, pems: { ...pems, privkey: 'x'.repeat(200_000) } };
      const failed = { code: 'DEPLOY_FAILED', exit: 3, details: { errno: 'ENOSPC' } };
      await expect(target({ key }).place(large)).rejects.toMatchObject(failed);
      await expect(target({ key, write: 'in-place' }).place(large)).rejects.toMatchObject(failed);
      expect(await readFile(key, 'utf8')).toBe(pems.privkey);
      expect(await readdir(folder)).toEqual(['key']);
    } finally {
      await must(['umount', '-l', folder]);
    }
  });
});

describe('K44: access rights beyond owner, group and mode', () => {
  const aclOf = (path: string): Promise<string> =>
    must(['getfacl', '--omit-header', '--numeric', '--absolute-names', path]);
  const noteOf = (path: string): Promise<string> =>
    must(['getfattr', '--only-values', '--absolute-names', '-n', 'user.note', path]);

  test('ACL and attributes of a key that holger placed are kept at the next placement', async () => {
    const [key, certificate] = [join(folder, 'key'), join(folder, 'cert')];
    const files = target({ key, certificate });
    await files.place(somePackage());
    await must(['setfacl', '-m', 'u:65534:r', key, certificate]);
    await must(['setfattr', '-n', 'user.note', '-v', 'backed up', key]);
    const warned: string[] = [];
    const before = await lstat(key);
    await files.place({ ...next, warn: (text) => warned.push(text) });
    expect((await lstat(key)).ino).not.toBe(before.ino);
    expect(await readFile(key, 'utf8')).toBe(NEXT.privkey);
    for (const path of [key, certificate]) expect(await aclOf(path)).toContain('user:65534:r--');
    expect(await aclOf(key)).toMatch(/mask::r--\nother::---/);
    expect(await noteOf(key)).toBe('backed up');
    expect(warned).toEqual([]);
    await files.place(next);
    expect(await aclOf(key)).toContain('user:65534:r--');
  });

  test('the ACL of a file that holger did not place allows no other user to read the key', async () => {
    const key = join(folder, 'key');
    await writeFile(key, 'planted', { mode: 0o600 });
    await must(['setfacl', '-m', 'u:65534:rw', key]);
    await target({ key }).place(next);
    expect(await aclOf(key)).not.toContain('65534');
    expect((await lstat(key)).mode & 0o777).toBe(0o600);
  });

  test('what cannot be kept is named', async () => {
    const key = join(folder, 'key');
    await target({ key }).place(somePackage());
    await must(['setfacl', '-m', 'u:65534:r', key]);
    await chmod(key, 0o644);
    const warned: string[] = [];
    await target({ key }).place({ ...next, warn: (text) => warned.push(text) });
    expect(warned).toEqual([expect.stringMatching(/ACLs.*are not kept/)]);
    expect((await lstat(key)).mode & 0o007).toBe(0);
  });

  test('in place everything is kept', async () => {
    const key = join(folder, 'key');
    await target({ key }).place(somePackage());
    await must(['setfacl', '-m', 'u:65534:r', key]);
    await must(['setfattr', '-n', 'user.note', '-v', 'backed up', key]);
    await target({ key, write: 'in-place' }).place(next);
    expect(await aclOf(key)).toContain('user:65534:r--');
    expect(await noteOf(key)).toBe('backed up');
  });
});
