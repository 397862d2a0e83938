import {
  chmod,
  mkdir,
  readFile,
  readdir,
  readlink,
  stat,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createAccountFiles } from '../../src/store/account-files.ts';
import { createGenerationFiles } from '../../src/store/generation-files.ts';
import { startChild, temporaryFolder } from './processes.ts';

const pem = (label: string, text: string): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(text).toString('base64')}\n-----END ${label}-----\n`;
const KEY = pem('PRIVATE KEY', 'key');
const REQUEST = pem('CERTIFICATE REQUEST', 'request');
const LEAF = pem('CERTIFICATE', 'leaf');
const INTERMEDIATE = pem('CERTIFICATE', 'intermediate');

async function withGenerations(...numbers: number[]) {
  const state = await temporaryFolder();
  const files = createGenerationFiles(state);
  for (const number of numbers) {
    await files.writeKey('mx1', number, KEY);
    await files.writeChain('mx1', number, LEAF + INTERMEDIATE);
  }
  return { state, files, home: join(state, 'certificates', 'mx1') };
}

test('generations are found by their folders', async () => {
  const { files, home } = await withGenerations(2, 10, 1);
  await mkdir(join(home, 'notes'));
  await files.setLive('mx1', 2);
  expect(await files.numbers('mx1')).toEqual([1, 2, 10]);
  expect(await files.numbers('other')).toEqual([]);
});

test('a generation with a request has no key and no combined file, and goes live like others', async () => {
  const state = await temporaryFolder();
  const files = createGenerationFiles(state);
  const home = join(state, 'certificates', 'mx1');
  await files.writeKey('mx1', 1, REQUEST);
  await expect(files.setLive('mx1', 1)).rejects.toMatchObject({ code: 'STORE_FAILED' });
  await files.writeChain('mx1', 1, LEAF + INTERMEDIATE);
  await files.setLive('mx1', 1);
  expect(await files.readKey('mx1', 1)).toBe(REQUEST);
  expect((await readdir(join(home, '1'))).sort()).toEqual(
    ['cert.pem', 'chain.pem', 'fullchain.pem', 'request.csr'].sort(),
  );
  expect(await readFile(join(home, 'live', 'request.csr'), 'utf8')).toBe(REQUEST);
  expect((await stat(join(home, '1', 'request.csr'))).mode & 0o777).toBe(0o600);
  await files.writeKey('mx1', 1, REQUEST);
  for (const other of [KEY, pem('CERTIFICATE REQUEST', 'another')]) {
    await expect(files.writeKey('mx1', 1, other)).rejects.toMatchObject({ code: 'STORE_FAILED' });
  }
  await files.writeKey('mx1', 2, KEY);
  await expect(files.writeKey('mx1', 2, REQUEST)).rejects.toMatchObject({ code: 'STORE_FAILED' });
});

test('a generation is five files, 0600 in 0700', async () => {
  const { files, home, state } = await withGenerations(1);
  const read = (name: string) => readFile(join(home, '1', name), 'utf8');
  expect(await read('privkey.pem')).toBe(KEY);
  expect(await read('cert.pem')).toBe(LEAF);
  expect(await read('chain.pem')).toBe(INTERMEDIATE);
  expect(await read('fullchain.pem')).toBe(LEAF + INTERMEDIATE);
  expect(await read('combined.pem')).toBe(KEY + LEAF + INTERMEDIATE);
  for (const name of await readdir(join(home, '1'))) {
    expect((await stat(join(home, '1', name))).mode & 0o777).toBe(0o600);
  }
  for (const folder of [join(state, 'certificates'), home, join(home, '1')]) {
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  }
  expect(await files.readKey('mx1', 1)).toBe(KEY);
  expect(await files.readChain('mx1', 1)).toBe(LEAF + INTERMEDIATE);
  expect(await files.readChain('mx1', 2)).toBeUndefined();
});

test('writing the same again succeeds, another content is refused', async () => {
  const { files } = await withGenerations(1);
  await files.writeKey('mx1', 1, KEY);
  await files.writeChain('mx1', 1, `\r\n${LEAF}\n\n${INTERMEDIATE}`);
  const refused = { code: 'STORE_FAILED', message: expect.stringContaining('it is not changed') };
  await expect(files.writeKey('mx1', 1, pem('PRIVATE KEY', 'x'))).rejects.toMatchObject(refused);
  await expect(files.writeChain('mx1', 1, LEAF)).rejects.toMatchObject(refused);
  expect(await files.readKey('mx1', 1)).toBe(KEY);
  expect(await files.readChain('mx1', 1)).toBe(LEAF + INTERMEDIATE);
});

test('a chain whose write was interrupted is not a chain, and is written again', async () => {
  const { files, home } = await withGenerations(1);
  await unlink(join(home, '1', 'fullchain.pem'));
  expect(await files.readChain('mx1', 1)).toBeUndefined();
  await expect(files.setLive('mx1', 1)).rejects.toMatchObject({ code: 'STORE_FAILED' });
  const other = pem('CERTIFICATE', 'other leaf');
  await files.writeChain('mx1', 1, other);
  expect(await readFile(join(home, '1', 'combined.pem'), 'utf8')).toBe(KEY + other);
});

test('a chain without its key, or without a certificate, is refused', async () => {
  const { files } = await withGenerations(1);
  await expect(files.writeChain('mx1', 2, LEAF)).rejects.toMatchObject({ code: 'STORE_FAILED' });
  await expect(files.writeChain('mx1', 1, 'hello')).rejects.toThrow('contains no certificate');
});

test('live is a relative link which moves', async () => {
  const { files, home } = await withGenerations(1, 2);
  expect(await files.live('mx1')).toBeUndefined();
  await files.setLive('mx1', 1);
  await files.setLive('mx1', 2);
  expect(await files.live('mx1')).toBe(2);
  expect(await readlink(join(home, 'live'))).toBe('2');
  expect(await readdir(home)).toEqual(['1', '2', 'live']);
  expect(files.folder('mx1', 'live')).toBe(join(home, 'live'));
});

test('a link to another place is corrupt, a folder in its place is refused', async () => {
  const { files, home } = await withGenerations(1);
  await symlink('../mx2/3', join(home, 'live'));
  await expect(files.live('mx1')).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
  await unlink(join(home, 'live'));
  await mkdir(join(home, 'live'));
  await expect(files.setLive('mx1', 1)).rejects.toMatchObject({ code: 'STORE_FAILED' });
});

test.each(['', '.', '..', '../x', 'a/b', '/etc', '.hidden', 'a\0b', 'ü', 'x'.repeat(256)])(
  'no folder is made for the name %j',
  async (name) => {
    const { files } = await withGenerations();
    await expect(files.writeKey(name, 1, KEY)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    expect(() => files.folder(name, 1)).toThrow();
  },
);

test('names with a star or a dot are folders; a generation is a positive number', async () => {
  const { files } = await withGenerations();
  await files.writeKey('*.example.org', 1, KEY);
  expect(await files.readKey('*.example.org', 1)).toBe(KEY);
  await expect(files.writeKey('mx1', 0, KEY)).rejects.toMatchObject({ code: 'BUG' });
});

test('kill -9 at any moment leaves live on one generation or the other', async () => {
  const { files, state } = await withGenerations(1, 2);
  await files.setLive('mx1', 1);
  for (let round = 0; round < 8; round += 1) {
    const child = await startChild('live', state);
    await sleep(60 + Math.random() * 60);
    child.process.kill('SIGKILL');
    await child.ended;
    expect([1, 2]).toContain(await files.live('mx1'));
  }
});

test('an account has a key that stays, and a URL and a contact that may change', async () => {
  const state = await temporaryFolder();
  const url = 'https://acme.example.org/directory';
  const accounts = createAccountFiles(state);
  expect(await accounts.read(url)).toBeUndefined();
  await accounts.writeKey(url, KEY);
  await accounts.writeKey(url, KEY);
  expect(await accounts.read(url)).toEqual({ keyPem: KEY });
  const other = pem('PRIVATE KEY', 'of a slower process');
  await expect(accounts.writeKey(url, other)).rejects.toMatchObject({ code: 'STORE_FAILED' });
  await accounts.writeUrl(url, 'https://acme.example.org/acct/1');
  await accounts.writeUrl(url, 'https://acme.example.org/acct/2');
  await accounts.writeContact(url, 'a@example.org');
  await accounts.writeContact(url, '');
  const account = { keyPem: KEY, url: 'https://acme.example.org/acct/2', contact: '' };
  expect(await createAccountFiles(state).read(url)).toEqual(account);
  expect(await accounts.read(`${url}2`)).toBeUndefined();
});

test('K4: a mark is beside the chain, keeps its first time, and counts when it is damaged', async () => {
  const { files, home } = await withGenerations(1, 2);
  expect(await files.markedAt('mx1', 1, 'revoked')).toBeUndefined();
  await files.mark('mx1', 1, 'revoked', 1_795_262_400);
  await files.mark('mx1', 1, 'revoked', 1_795_262_500);
  expect(await files.markedAt('mx1', 1, 'revoked')).toBe(1_795_262_400);
  expect(await files.markedAt('mx1', 1, 'compromised')).toBeUndefined();
  await writeFile(join(home, '2', 'revoked.txt'), '');
  expect(await files.markedAt('mx1', 2, 'revoked')).toBe(0);
});

describe.runIf(process.geteuid?.() === 0)(
  'K26: folders of a certificate that others may write',
  () => {
    test.each(['', '1'])(
      'are refused before a key is read or written: certificates/mx1/%s',
      async (below) => {
        const { state, home } = await withGenerations(1, 2);
        await chmod(join(home, below), 0o777);
        const files = createGenerationFiles(state);
        const refused = {
          code: 'STORE_REFUSED',
          hint: expect.stringContaining(`chmod go-w ${join(home, below)}`) as string,
        };
        await expect(files.readKey('mx1', 1)).rejects.toMatchObject(refused);
        await expect(files.setLive('mx1', 1)).rejects.toMatchObject(refused);
        await expect(files.writeChain('mx1', 1, LEAF)).rejects.toMatchObject(refused);
        if (below !== '') return;
        await expect(files.live('mx1')).rejects.toMatchObject(refused);
        await expect(files.numbers('mx1')).rejects.toMatchObject(refused);
        await expect(files.writeKey('mx1', 3, KEY)).rejects.toMatchObject(refused);
      },
    );
  },
);

test('K5: under another name all generations are kept, and nothing is written under the old one', async () => {
  const { files, home, state } = await withGenerations(1, 2);
  await files.setLive('mx1', 2);
  await files.mark('mx1', 1, 'revoked', 1_795_262_400);
  await mkdir(join(home, 'notes'));
  await files.rename('mx1', 'mail');
  const mail = join(state, 'certificates', 'mail');
  expect(await readdir(mail)).toEqual(['1', '2', 'live']);
  expect([await files.live('mail'), await files.markedAt('mail', 1, 'revoked')]).toEqual([
    2, 1_795_262_400,
  ]);
  expect(await files.readKey('mail', 2)).toBe(KEY);
  expect((await stat(join(mail, '2'))).mode & 0o777).toBe(0o700);
  // What another user put there stays.
  expect(await readdir(home)).toEqual(['live', 'notes']);
  expect(await readFile(join(home, 'live', 'fullchain.pem'), 'utf8')).toBe(LEAF + INTERMEDIATE);

  expect(await files.renamedTo('mx1')).toBe(join(mail, 'live'));
  expect(await files.renamedTo('mail')).toBeUndefined();
  expect([await files.live('mx1'), await files.numbers('mx1')]).toEqual([undefined, []]);
  const refused = { code: 'STORE_REFUSED', hint: expect.stringContaining(`rm -r ${home}`) };
  await expect(files.writeKey('mx1', 1, KEY)).rejects.toMatchObject(refused);
  await expect(files.setLive('mx1', 1)).rejects.toMatchObject(refused);
  expect(await files.archive('mx1', 'mx1-1')).toBeUndefined();
  // Nor does another certificate get the name at which services read.
  await files.writeKey('www', 1, KEY);
  await expect(files.rename('www', 'mx1')).rejects.toMatchObject(refused);
});

test('K5: renamed again and back, every former name leads to it; archiving it removes them', async () => {
  const { files, state } = await withGenerations(1);
  await files.setLive('mx1', 1);
  const names = ['mx1', 'mail', 'post'];
  const read = (name: string) =>
    readFile(join(state, 'certificates', name, 'live', 'privkey.pem'), 'utf8');
  const moves = [
    ['mx1', 'mail'],
    ['mail', 'post'],
    ['post', 'mx1'],
    ['mx1', 'post'],
  ] as const;
  for (const [index, [from, to]] of moves.entries()) {
    await files.rename(from, to);
    expect([await files.live(to), await files.numbers(from)]).toEqual([1, []]);
    const known = index === 0 ? names.slice(0, 2) : names;
    for (const name of known) expect(await read(name)).toBe(KEY);
  }
  await files.archive('post', 'post-1');
  expect(await readdir(join(state, 'certificates'))).toEqual([]);
  expect(await readdir(join(state, 'archive', 'post-1'))).toEqual(['1', 'live']);
});

test('K5: a file of the same generation under the new name is not overwritten', async () => {
  const { files } = await withGenerations(1);
  await files.writeKey('mail', 1, pem('PRIVATE KEY', 'another'));
  await expect(files.rename('mx1', 'mail')).rejects.toMatchObject({ code: 'STORE_FAILED' });
  expect(await files.readKey('mail', 1)).toBe(pem('PRIVATE KEY', 'another'));
  expect(await files.readKey('mx1', 1)).toBe(KEY);
});
