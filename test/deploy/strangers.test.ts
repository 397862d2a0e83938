// What another user has put where holger places keys, before holger is installed or while it works.
import { execFileSync, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import {
  chmod,
  chown,
  lchown,
  link,
  lstat,
  mkdir,
  readFile,
  readdir,
  rename,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createFilesTarget, type FilesTargetOptions } from '../../src/deploy/files.ts';
import { pems, somePackage, temporaryFolder } from './packages.ts';

const NOBODY = 65_534;
const OLD = 'what lies elsewhere';

const target = (options: Partial<FilesTargetOptions>) =>
  createFilesTarget({
    ...{ certificate: undefined, key: undefined, chain: undefined, combined: undefined },
    ...{ existingKey: undefined, directory: undefined, owner: undefined, group: undefined },
    ...{ mode: undefined, write: undefined, reload: undefined, timeout: 10 },
    ...options,
  });

const attributesOf = async (path: string) => {
  const { uid, gid, mode } = await lstat(path);
  return { uid, gid, mode: mode & 0o7777 };
};
const PRIVATE = { uid: 0, gid: 0, mode: 0o600 };

type Plant = (path: string, elsewhere: string) => Promise<unknown>;
const planted: readonly (readonly [string, Plant])[] = [
  ['a named pipe', (path) => Promise.resolve(execFileSync('mkfifo', [path]))],
  ['a link to a device without an end', (path) => symlink('/dev/zero', path)],
  ['a link to a file elsewhere', (path, elsewhere) => symlink(elsewhere, path)],
  ['a link to nothing', (path) => symlink('/nowhere', path)],
  ['a link to itself', (path) => symlink(path, path)],
  ['a link to a folder', (path) => symlink('/etc', path)],
  ['a hard link of a file elsewhere', (path, elsewhere) => link(elsewhere, path)],
  [
    'a socket',
    async (path) => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(path, resolve));
      onTestFinished(() => void server.close());
    },
  ],
  [
    'a file of four gigabytes',
    async (path) => {
      await writeFile(path, '');
      await truncate(path, 4 * 1024 ** 3);
    },
  ],
];

describe('K14: what is not a file is neither waited for nor read to its end', () => {
  test.each(planted)(
    '%s at the places of key and chain is inspected, and replaced',
    async (_, plant) => {
      const [folder, elsewhere] = [await temporaryFolder(), join(await temporaryFolder(), 'file')];
      await writeFile(elsewhere, OLD);
      const [key, certificate] = [join(folder, 'key'), join(folder, 'cert')];
      await plant(key, elsewhere);
      await plant(certificate, elsewhere);
      const files = target({ key, certificate });
      expect(await files.placed({})).toEqual([]);
      expect(await files.differences(somePackage())).toHaveLength(2);
      await files.place(somePackage());
      expect(await readFile(key, 'utf8')).toBe(pems.privkey);
      expect(await readFile(certificate, 'utf8')).toBe(pems.fullchain);
      expect((await attributesOf(key)).mode).toBe(0o600);
      expect(await readFile(elsewhere, 'utf8')).toBe(OLD);
      expect((await readdir(folder)).sort()).toEqual(['cert', 'key']);
    },
  );
});

describe.runIf(process.geteuid?.() === 0)('K25: another user', () => {
  test.each<[string, Partial<FilesTargetOptions>]>([
    ['nothing configured', {}],
    ['owner = "root"', { owner: 'root' }],
    ['group = "0"', { group: '0', mode: 0o600 }],
  ])('who made the file first gets no key: %s', async (_, options) => {
    const folder = await temporaryFolder();
    const [key, certificate, combined] = ['key', 'cert', 'both'].map((it) => join(folder, it));
    for (const path of [key, certificate, combined] as string[]) {
      // The public part of our files is in there.
      await writeFile(path, pems.fullchain);
      await chown(path, NOBODY, NOBODY);
      await chmod(path, 0o664);
    }
    const warned: string[] = [];
    const what = { ...somePackage(), warn: (text: string) => warned.push(text) };
    await target({ ...options, key, certificate, combined }).place(what);
    expect(await attributesOf(key ?? '')).toEqual(PRIVATE);
    expect(await attributesOf(combined ?? '')).toEqual(PRIVATE);
    expect(await attributesOf(certificate ?? '')).toMatchObject({ uid: 0, gid: 0 });
    expect(warned.length).toBe(Object.keys(options).length === 0 ? 2 : 0);
  });

  test('a user who has read the key through a second name of the file cannot read the next one', async () => {
    const folder = await temporaryFolder();
    const key = join(folder, 'key');
    await writeFile(key, pems.privkey);
    await chown(key, 0, NOBODY);
    await chmod(key, 0o640);
    await link(key, join(folder, 'second'));
    await target({ key }).place(somePackage());
    expect(await attributesOf(key)).toEqual(PRIVATE);
  });

  const open: readonly [string, number, number, number, RegExp][] = [
    ['writable by all', 0, 0, 0o777, /every user may write.*0777/],
    ['writable by a group', 0, NOBODY, 0o775, /its group may write.*0775/],
    ['writable by all and sticky', 0, 0, 0o1777, /every user may write.*1777/],
    ['of another user', NOBODY, NOBODY, 0o755, /belongs to user nobody/],
  ];
  test.each(open)('nothing is placed in a folder %s, nor below one', async (...given) => {
    const [, uid, gid, mode, message] = given;
    const folder = join(await temporaryFolder(), 'tls');
    const below = join(folder, 'mx1');
    await mkdir(below, { recursive: true });
    await chown(folder, uid, gid);
    await chmod(folder, mode);
    const refused = {
      code: 'DEPLOY_REFUSED',
      exit: 4,
      message: expect.stringMatching(message) as string,
      hint: expect.stringMatching(/ch(mod go-w|own root) /) as string,
    };
    const place = (at: string) => target({ key: join(at, 'key') }).place(somePackage());
    await expect(place(folder)).rejects.toMatchObject(refused);
    expect(await readdir(folder)).toEqual(['mx1']);
    // In a folder like /tmp what belongs to root stays where it is.
    if (mode === 0o1777) await place(below);
    else await expect(place(below)).rejects.toMatchObject(refused);
    const made = target({ directory: join(folder, 'new', 'deep') }).place(somePackage());
    if (mode === 0o1777) await made;
    else await expect(made).rejects.toMatchObject(refused);
  });

  test('links in the path are followed when root made them, and never those of others', async () => {
    const [folder, elsewhere] = [await temporaryFolder(), await temporaryFolder()];
    await symlink(elsewhere, join(folder, 'tls'));
    await target({ key: join(folder, 'tls', 'key') }).place(somePackage());
    expect(await readdir(elsewhere)).toEqual(['key']);
    await lchown(join(folder, 'tls'), NOBODY, NOBODY);
    const files = target({
      key: join(folder, 'tls', 'other'),
      directory: join(folder, 'tls', 'x'),
    });
    await expect(files.place(somePackage())).rejects.toMatchObject({
      code: 'DEPLOY_REFUSED',
      message: expect.stringContaining('symbolic link of user nobody') as string,
    });
    expect(await readdir(elsewhere)).toEqual(['key']);
  });

  test('a folder of the user who will own the files is entered; links in it are not followed', async () => {
    const [folder, elsewhere] = [await temporaryFolder(), await temporaryFolder()];
    const home = join(folder, 'home');
    await mkdir(join(home, 'tls'), { recursive: true });
    await chown(home, NOBODY, NOBODY);
    await chown(join(home, 'tls'), NOBODY, NOBODY);
    const key = join(home, 'tls', 'key');
    await expect(target({ key }).place(somePackage())).rejects.toMatchObject({
      hint: expect.stringMatching(/owner of this target/) as string,
    });
    await target({ key, owner: String(NOBODY) }).place(somePackage());
    expect(await attributesOf(key)).toMatchObject({ uid: NOBODY, mode: 0o600 });
    await symlink(elsewhere, join(home, 'link'));
    await lchown(join(home, 'link'), NOBODY, NOBODY);
    const linked = target({ key: join(home, 'link', 'key'), owner: String(NOBODY) });
    await expect(linked.place(somePackage())).rejects.toMatchObject({ code: 'DEPLOY_REFUSED' });
    expect(await readdir(elsewhere)).toEqual([]);
  });

  test('a user who exchanges the folder for a link while files are placed moves none of them', async () => {
    const [folder, elsewhere] = [await temporaryFolder(), await temporaryFolder()];
    await chmod(folder, 0o755);
    const home = join(folder, 'home');
    await mkdir(join(home, 'tls'), { recursive: true });
    for (const path of [home, join(home, 'tls')]) await chown(path, NOBODY, NOBODY);
    const script = `
      const { renameSync, symlinkSync, unlinkSync } = require('node:fs');
      process.setgid(${NOBODY}); process.setuid(${NOBODY}); process.chdir(${JSON.stringify(home)});
      process.stdout.write('ready');
      for (;;) {
        renameSync('tls', 'real'); symlinkSync(${JSON.stringify(elsewhere)}, 'tls');
        unlinkSync('tls'); renameSync('real', 'tls');
      }`;
    const other = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    onTestFinished(() => void other.kill('SIGKILL'));
    await new Promise((resolve) => other.stdout.once('data', resolve));
    const files = target({ key: join(home, 'tls', 'key'), owner: String(NOBODY) });
    const outcomes = { placed: 0, refused: 0 };
    for (let round = 0; round < 300; round += 1) {
      await files.place(somePackage()).then(
        () => (outcomes.placed += 1),
        () => (outcomes.refused += 1),
      );
      await chmod(join(home, 'tls', 'key'), 0o640).catch(() => undefined);
    }
    expect(other.exitCode).toBeNull();
    expect(outcomes.placed).toBeGreaterThan(0);
    expect(await readdir(elsewhere)).toEqual([]);
  });

  test('a user who puts a link in the place of a file that is being written changes no permissions elsewhere', async () => {
    const [folder, elsewhere] = [await temporaryFolder(), join(await temporaryFolder(), 'file')];
    await chmod(folder, 0o755);
    await writeFile(elsewhere, OLD, { mode: 0o600 });
    const home = join(folder, 'tls');
    await mkdir(home);
    await chown(home, NOBODY, NOBODY);
    const key = join(home, 'key');
    const files = target({ key, owner: String(NOBODY) });
    await files.place(somePackage());
    await chmod(key, 0o660);
    const script = `
      const { lstatSync, readdirSync, symlinkSync, unlinkSync } = require('node:fs');
      process.setgid(${NOBODY}); process.setuid(${NOBODY}); process.chdir(${JSON.stringify(home)});
      process.stdout.write('ready');
      for (;;) for (const name of readdirSync('.')) {
        if (!name.startsWith('.key.holger-')) continue;
        try { if (lstatSync(name).isSymbolicLink()) continue; unlinkSync(name); symlinkSync(${JSON.stringify(elsewhere)}, name); } catch {}
      }`;
    const other = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    onTestFinished(() => void other.kill('SIGKILL'));
    await new Promise((resolve) => other.stdout.once('data', resolve));
    let exchanged = 0;
    for (let round = 0; round < 30; round += 1) {
      const next = `${pems.privkey}${'next\n'.repeat((round % 2) + 1)}`;
      // In a folder of that user the write may well fail.
      await files
        .place({ ...somePackage(), pems: { ...pems, privkey: next } })
        .catch(() => undefined);
      if (!(await lstat(key)).isSymbolicLink()) continue;
      exchanged += 1;
      await writeFile(`${key}.new`, pems.privkey);
      await chmod(`${key}.new`, 0o660);
      await chown(`${key}.new`, NOBODY, NOBODY);
      await rename(`${key}.new`, key);
    }
    expect(other.exitCode).toBeNull();
    expect(exchanged).toBeGreaterThan(0);
    expect(await attributesOf(elsewhere)).toEqual(PRIVATE);
    expect(await readFile(elsewhere, 'utf8')).toBe(OLD);
  });

  test('what holger placed keeps owner, group and the right of the group', async () => {
    const folder = await temporaryFolder();
    const [key, certificate] = [join(folder, 'key'), join(folder, 'cert')];
    const files = target({ key, certificate });
    await files.place(somePackage());
    for (const path of [key, certificate]) await chown(path, NOBODY, 4321);
    await chmod(key, 0o640);
    const next = { ...somePackage(2), pems: { ...pems, privkey: `${pems.privkey}next\n` } };
    const before = await stat(key);
    await files.place(next);
    expect((await stat(key)).ino).not.toBe(before.ino);
    expect(await attributesOf(key)).toEqual({ uid: NOBODY, gid: 4321, mode: 0o640 });
    expect(await attributesOf(certificate)).toMatchObject({ uid: NOBODY, gid: 4321 });
  });
});
