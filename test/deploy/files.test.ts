import {
  chmod,
  mkdir,
  readFile,
  readdir,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createFilesTarget, type FilesTargetOptions } from '../../src/deploy/files.ts';
import { gidOf, uidOf } from '../../src/files/accounts.ts';
import type { DeployTarget } from '../../src/ports/target.ts';
import { issue } from '../support/ca.ts';
import { pems, somePackage, temporaryFolder, type WithKey } from './packages.ts';

const isRoot = process.geteuid?.() === 0;

const target = (options: Partial<FilesTargetOptions>) =>
  createFilesTarget({
    ...{ certificate: undefined, key: undefined, chain: undefined, combined: undefined },
    ...{
      existingKey: undefined,
      directory: undefined,
      owner: undefined,
      group: undefined,
      mode: undefined,
    },
    ...{ write: undefined, reload: undefined, timeout: 10 },
    ...options,
  });

/** What is in the folder, by the names of the files. */
const lying = async (files: DeployTarget): Promise<Record<string, string>> =>
  Object.fromEntries((await files.placed({})).map(({ place, pem }) => [basename(place), pem]));

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

test('certificate, key, chain and combined get what their names say, keys are private', async () => {
  const folder = await temporaryFolder();
  const at = (name: string): string => join(folder, name);
  const files = target({
    ...{ certificate: at('cert'), key: at('key'), chain: at('chain'), combined: at('both') },
  });
  expect(await files.placed({})).toEqual([]);
  await files.place(somePackage());
  expect(await readFile(at('cert'), 'utf8')).toBe(pems.fullchain);
  expect(await readFile(at('key'), 'utf8')).toBe(pems.privkey);
  expect(await readFile(at('chain'), 'utf8')).toBe(pems.chain);
  expect(await readFile(at('both'), 'utf8')).toBe(pems.privkey + pems.fullchain);
  expect(await modeOf(at('key'))).toBe(0o600);
  expect(await modeOf(at('both'))).toBe(0o600);
  expect(await modeOf(at('cert'))).toBe(0o644);
  expect(await lying(files)).toEqual({ cert: pems.fullchain, both: pems.fullchain });
  expect((await readdir(folder)).sort()).toEqual(['both', 'cert', 'chain', 'key']);
});

test('a folder gets all files under their usual names', async () => {
  const folder = join(await temporaryFolder(), 'tls');
  const files = target({ directory: folder });
  await files.place(somePackage());
  expect((await readdir(folder)).sort()).toEqual([
    ...['cert.pem', 'chain.pem', 'combined.pem', 'fullchain.pem', 'privkey.pem'],
  ]);
  expect(await modeOf(join(folder, 'privkey.pem'))).toBe(0o600);
  expect(await lying(files)).toEqual({
    'fullchain.pem': pems.fullchain,
    'combined.pem': pems.fullchain,
  });
});

test('what is in a combined file is read back without the key', async () => {
  const path = join(await temporaryFolder(), 'both.pem');
  const files = target({ combined: path });
  await files.place(somePackage());
  expect(await lying(files)).toEqual({ 'both.pem': pems.fullchain });
});

test('a key alone does not prove a chain', async () => {
  const files = target({ key: join(await temporaryFolder(), 'key') });
  await files.place(somePackage());
  expect(await files.placed({})).toEqual([]);
});

test('mode goes to all files, but others never get a key', async () => {
  const folder = await temporaryFolder();
  const [certificate, key] = [join(folder, 'cert'), join(folder, 'key')];
  await target({ certificate, key, mode: 0o644 }).place(somePackage());
  expect(await modeOf(certificate)).toBe(0o644);
  expect(await modeOf(key)).toBe(0o640);
});

test('the right of the group to read a key survives a renewal, that of others does not', async () => {
  const key = join(await temporaryFolder(), 'key');
  await writeFile(key, `${pems.privkey}\n`);
  await chmod(key, 0o644);
  await target({ key }).place(somePackage());
  expect(await modeOf(key)).toBe(0o640);
});

test('owner and group are set by name or number, and kept when not named; a user who may not set them gets an error', async () => {
  const folder = await temporaryFolder();
  const [certificate, key] = [join(folder, 'cert'), join(folder, 'key')];
  const placed = target({ certificate, key, owner: 'daemon', group: '4321' }).place(somePackage());
  if (!isRoot) {
    await expect(placed).rejects.toMatchObject({ code: 'DEPLOY_REFUSED', exit: 4 });
    expect(await readdir(folder)).toEqual([]);
    return;
  }
  await placed;
  const daemon = await uidOf('daemon');
  expect(await stat(key)).toMatchObject({ uid: daemon, gid: 4321 });
  expect(await modeOf(key)).toBe(0o640);
  await target({ certificate, key }).place(somePackage(2));
  expect(await stat(key)).toMatchObject({ uid: daemon, gid: 4321 });
  expect(await stat(certificate)).toMatchObject({ uid: daemon, gid: 4321 });
});

test('an unknown owner is an error before anything is replaced', async () => {
  const folder = await temporaryFolder();
  const files = target({ key: join(folder, 'key'), owner: 'nobody-has-this-name' });
  await expect(files.place(somePackage())).rejects.toMatchObject({
    code: 'DEPLOY_REFUSED',
    exit: 4,
  });
  expect(await readdir(folder)).toEqual([]);
  expect(await gidOf('root')).toBe(0);
});

test('a link is replaced by a file; what it pointed to stays', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'archive'), 'of another client');
  await symlink('archive', join(folder, 'cert'));
  await target({ certificate: join(folder, 'cert') }).place(somePackage());
  expect(await readFile(join(folder, 'cert'), 'utf8')).toBe(pems.fullchain);
  expect(await readFile(join(folder, 'archive'), 'utf8')).toBe('of another client');
  await expect(readlink(join(folder, 'cert'))).rejects.toThrow();
});

test('what is in place already is not written again', async () => {
  const key = join(await temporaryFolder(), 'key');
  const files = target({ key });
  await files.place(somePackage());
  const before = await stat(key);
  await files.place(somePackage());
  expect((await stat(key)).ino).toBe(before.ino);
  await chmod(key, 0o666);
  await files.place(somePackage());
  expect(await modeOf(key)).toBe(0o640);
});

test('when one file cannot be written, none is replaced', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'key'), 'old');
  const files = target({ key: join(folder, 'key'), certificate: join(folder, 'none', 'cert') });
  await expect(files.place(somePackage())).rejects.toMatchObject({
    code: 'DEPLOY_REFUSED',
    exit: 4,
  });
  expect(await readFile(join(folder, 'key'), 'utf8')).toBe('old');
  expect(await readdir(folder)).toEqual(['key']);
});

test('a folder in the way of one file leaves all of them as they were', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'key'), 'old');
  await mkdir(join(folder, 'cert'));
  const files = target({ key: join(folder, 'key'), certificate: join(folder, 'cert') });
  await expect(files.place(somePackage())).rejects.toMatchObject({
    code: 'DEPLOY_REFUSED',
    exit: 4,
  });
  expect(await readFile(join(folder, 'key'), 'utf8')).toBe('old');
});

test('reload runs with the facts in its environment; without a command nothing happens', async () => {
  const out = join(await temporaryFolder(), 'out');
  const script = `echo "$HOLGER_CERTIFICATE $HOLGER_GENERATION" > ${out}`;
  await target({ reload: ['sh', '-c', script] }).reload(somePackage());
  expect(await readFile(out, 'utf8')).toBe('mx1 1\n');
  await target({}).reload(somePackage());
});

test('a reload that fails reports how', async () => {
  const files = target({ reload: ['sh', '-c', 'echo bad config; echo line 7 >&2; exit 3'] });
  await expect(files.reload(somePackage())).rejects.toMatchObject({
    code: 'RELOAD_FAILED',
    message: expect.stringMatching(/^sh ended with status 3; its last output: .*line 7/),
    details: { exitStatus: 3 },
  });
});

test('K43: a reload that cannot be started is refused: no later run could start it', async () => {
  const command = join(await temporaryFolder(), 'none');
  const refused = { code: 'DEPLOY_REFUSED', exit: 4 };
  await expect(target({ reload: [command] }).reload(somePackage())).rejects.toMatchObject(refused);
});

test('K44: permissions that are not kept, because everyone had some, are named', async () => {
  const key = join(await temporaryFolder(), 'key');
  await target({ key }).place(somePackage());
  await chmod(key, 0o644);
  const warned: string[] = [];
  const next = { ...somePackage(2), pems: { ...pems, privkey: `${pems.privkey}\n` } };
  await target({ key }).place({ ...next, warn: (text) => warned.push(text) });
  expect(warned).toEqual([expect.stringMatching(/ACLs.* are not kept.*every user has rights/)]);
  expect(await modeOf(key)).toBe(0o640);
});

async function pairOf(name: string): Promise<WithKey> {
  const { keyPem, pem } = await issue({ dns: [name] });
  const pems = { privkey: keyPem, cert: pem, chain: '', fullchain: pem };
  return { ...somePackage(), pems };
}

describe('K3: a pair that does not match is placed nowhere', () => {
  test('a key of others is compared with the certificate before anything is written', async () => {
    const folder = await temporaryFolder();
    const [certificate, existingKey] = [join(folder, 'cert'), join(folder, 'key')];
    const files = target({ certificate, existingKey });
    const [ours, foreign] = [await pairOf('a.example.org'), await pairOf('b.example.org')];
    const refused = { code: 'DEPLOY_REFUSED', exit: 4 };
    await expect(files.place(ours)).rejects.toMatchObject(refused);
    await writeFile(existingKey, foreign.pems.privkey);
    await expect(files.place(ours)).rejects.toMatchObject(refused);
    expect(await readdir(folder)).toEqual(['key']);
    await writeFile(existingKey, ours.pems.privkey);
    await files.place(ours);
    expect(await files.differences(ours)).toEqual([]);
    await writeFile(existingKey, foreign.pems.privkey);
    expect(await files.differences(ours)).toEqual([`${existingKey} contains another key`]);
  });
});

describe('K2: the files at a target are compared one by one', () => {
  test('nothing differs where all was placed; each file that is gone or replaced is named', async () => {
    const folder = await temporaryFolder();
    const at = (name: string): string => join(folder, name);
    const files = target({
      ...{ certificate: at('cert'), key: at('key'), chain: at('chain'), combined: at('both') },
    });
    const [ours, foreign] = [await pairOf('a.example.org'), await pairOf('b.example.org')];
    await files.place(ours);
    expect(await files.differences(ours)).toEqual([]);
    await rm(at('key'));
    await writeFile(at('both'), foreign.pems.privkey + foreign.pems.fullchain);
    await writeFile(at('cert'), 'garbage');
    expect(await files.differences(ours)).toEqual([
      `${at('key')} is missing`,
      `${at('both')} has other content`,
      `${at('cert')} has other content`,
    ]);
    await rm(at('cert'));
    await mkdir(at('cert'));
    expect(await files.differences(ours)).toContainEqual(
      expect.stringMatching(/cert cannot be compared: /),
    );
  });

  test('a certificate whose key is elsewhere is compared with the key of the service', async () => {
    const folder = await temporaryFolder();
    const [certificate, existingKey] = [join(folder, 'cert'), join(folder, 'key')];
    const files = target({ certificate, existingKey });
    const [pair, foreign] = [await pairOf('a.example.org'), await pairOf('b.example.org')];
    const { privkey, ...rest } = pair.pems;
    const ours = { ...pair, pems: rest };
    await writeFile(existingKey, foreign.pems.privkey);
    await expect(files.place(ours)).rejects.toMatchObject({ code: 'DEPLOY_REFUSED' });
    await writeFile(existingKey, privkey);
    await files.place(ours);
    expect(await files.differences(ours)).toEqual([]);
    expect((await readdir(folder)).sort()).toEqual(['cert', 'key']);
  });

  test('a target that needs a key refuses a generation without one, and writes nothing', async () => {
    const folder = await temporaryFolder();
    const { pems: all, ...what } = await pairOf('a.example.org');
    const { privkey: _elsewhere, ...pems } = all;
    const files = target({ certificate: join(folder, 'cert'), key: join(folder, 'key') });
    await expect(files.place({ ...what, pems })).rejects.toMatchObject({
      ...{ code: 'DEPLOY_REFUSED', message: expect.stringContaining('is not here') },
    });
    expect(await readdir(folder)).toEqual([]);
  });

  test('the same content is the same behind a link, with other line ends and in another order of files', async () => {
    const folder = await temporaryFolder();
    const at = (name: string): string => join(folder, name);
    const ours = await pairOf('a.example.org');
    await writeFile(at('real'), `Bag Attributes\n${ours.pems.fullchain.replaceAll('\n', '\r\n')}`);
    await symlink(at('real'), at('cert'));
    await writeFile(at('key'), ours.pems.privkey);
    const files = target({ certificate: at('cert'), key: at('key') });
    expect(await files.differences(ours)).toEqual([]);
    expect(await files.placed({})).toHaveLength(1);
  });

  test('owner and mode count where the configuration names them', async () => {
    const folder = await temporaryFolder();
    const both = join(folder, 'both');
    const ours = await pairOf('a.example.org');
    await target({ combined: both, mode: 0o640 }).place(ours);
    await chmod(both, 0o600);
    expect(await target({ combined: both }).differences(ours)).toEqual([]);
    expect(await target({ combined: both, mode: 0o640 }).differences(ours)).toEqual([
      `${both} has mode 600, not 640`,
    ]);
  });

  test('another path, command or option is another target', () => {
    const before = target({ certificate: '/c', key: '/k', reload: ['a'] }).id;
    expect(target({ certificate: '/c', key: '/k', reload: ['a'] }).id).toBe(before);
    for (const change of [{ key: '/l' }, { combined: '/b' }, { reload: ['b'] }, { mode: 0o640 }]) {
      const options = { certificate: '/c', key: '/k', reload: ['a'], ...change };
      expect(target(options).id).not.toBe(before);
    }
  });
});
