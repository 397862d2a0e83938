// The PKCS#12 file of a target: its content is compared by opening it, because each writing gives
// other octets.
import { chmod, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { createFilesTarget, type FilesTargetOptions } from '../../src/deploy/files.ts';
import type { DeployTarget } from '../../src/ports/target.ts';
import { createPkcs12, openPkcs12 } from '../../src/x509/pkcs12.ts';
import { issue, type Party } from '../support/ca.ts';
import { somePackage, temporaryFolder, type WithKey } from './packages.ts';

const PASSWORD = 'correct horse';

let ca: Party;
let first: WithKey;
let second: WithKey;
beforeAll(async () => {
  ca = await issue({ name: 'CA', ca: true });
  [first, second] = [await generation(1), await generation(2)];
});

async function generation(number: number): Promise<WithKey> {
  const { keyPem, pem } = await issue({ dns: ['mx1.example.org'], issuer: ca });
  const pems = { privkey: keyPem, cert: pem, chain: ca.pem, fullchain: pem + ca.pem };
  return { ...somePackage(number), pems };
}

/** Whether a text has a key of one of these generations. */
const knows = (what: WithKey, ...generations: readonly WithKey[]): WithKey => ({
  ...what,
  isOurs: (text) =>
    Promise.resolve(generations.some(({ pems }) => text.includes(pems.privkey.trim()))),
});

/** A password that the test may change. */
class Password {
  text = PASSWORD;
  readonly file = '/etc/holger/p12.password';
  read(): Promise<string> {
    if (this.text !== '') return Promise.resolve(this.text);
    return Promise.reject(new AppError('SECRET_UNREADABLE', 'cannot read the secret: it is empty'));
  }
}

function target(options: Partial<FilesTargetOptions>, password = new Password()): DeployTarget {
  return createFilesTarget(
    {
      ...{ certificate: undefined, key: undefined, chain: undefined, combined: undefined },
      ...{ existingKey: undefined, directory: undefined, owner: undefined, group: undefined },
      ...{ mode: undefined, write: undefined, reload: undefined, timeout: 10 },
      ...options,
    },
    password,
  );
}

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

async function keyAt(path: string, password = PASSWORD): Promise<string | undefined> {
  return (await openPkcs12(await readFile(path), password))?.keyPem;
}

describe('a PKCS#12 file is placed like every secret file', () => {
  test('key, chain and name are in it, only its owner may read it, and its chain counts as placed', async () => {
    const folder = await temporaryFolder();
    const pkcs12 = join(folder, 'mx1.p12');
    const files = target({ pkcs12 });
    expect(await files.placed({})).toEqual([]);
    await files.place(first);
    expect(await openPkcs12(await readFile(pkcs12), PASSWORD)).toMatchObject({
      ...{ keyPem: first.pems.privkey, name: 'mx1' },
    });
    expect(await modeOf(pkcs12)).toBe(0o600);
    expect(await readdir(folder)).toEqual(['mx1.p12']);
    expect(await files.placed({})).toEqual([{ place: pkcs12, pem: first.pems.fullchain }]);
    expect(files).toMatchObject({ reads: [pkcs12], writes: [pkcs12], label: `files ${pkcs12}` });
  });

  test('the configured mode counts, without a right for others', async () => {
    const pkcs12 = join(await temporaryFolder(), 'mx1.p12');
    await target({ pkcs12, mode: 0o644 }).place(first);
    expect(await modeOf(pkcs12)).toBe(0o640);
  });

  test('the right of the group survives a renewal; that of a file of others does not', async () => {
    const pkcs12 = join(await temporaryFolder(), 'mx1.p12');
    const files = target({ pkcs12 });
    await files.place(first);
    await chmod(pkcs12, 0o640);
    await files.place(knows(second, first, second));
    expect(await keyAt(pkcs12)).toBe(second.pems.privkey);
    expect(await modeOf(pkcs12)).toBe(0o640);
    const warned: string[] = [];
    const warn = (text: string): void => void warned.push(text);
    await files.place({ ...knows(first), warn });
    expect(await modeOf(pkcs12)).toBe(0o600);
    expect(warned).toEqual([expect.stringMatching(/was not placed by holger/)]);
  });

  test('it is written over in place, octet by octet', async () => {
    const pkcs12 = join(await temporaryFolder(), 'mx1.p12');
    await writeFile(pkcs12, Buffer.alloc(20_000, 0xff));
    const { ino } = await stat(pkcs12);
    await target({ pkcs12, write: 'in-place' }).place(first);
    expect(await keyAt(pkcs12)).toBe(first.pems.privkey);
    expect((await stat(pkcs12)).ino).toBe(ino);
  });

  test('another password is another target only when it is named elsewhere', () => {
    const at = (file: string): string =>
      target({ pkcs12: '/a.p12', pkcs12Password: { kind: 'file', file } }).id;
    expect(at('/one')).toBe(at('/one'));
    expect(at('/one')).not.toBe(at('/two'));
  });
});

describe('27: a PKCS#12 file is compared by what is in it', () => {
  test('nothing differs where it was placed, and it is not written again', async () => {
    const pkcs12 = join(await temporaryFolder(), 'mx1.p12');
    const files = target({ pkcs12 });
    await files.place(first);
    const { ino, mtimeMs } = await stat(pkcs12);
    expect(await files.differences(first)).toEqual([]);
    await files.place(first);
    expect(await stat(pkcs12)).toMatchObject({ ino, mtimeMs });
  });

  test('a file that is missing, has another key, chain or name, or is not one, is repaired', async () => {
    const pkcs12 = join(await temporaryFolder(), 'mx1.p12');
    const files = target({ pkcs12 });
    const { privkey: keyPem } = first.pems;
    const { der } = await issue({ dns: ['mx1.example.org'], issuer: ca });
    const write = async (name: string, keys: string): Promise<void> => {
      const certificates = [der, ca.der];
      await writeFile(pkcs12, await createPkcs12({ keyPem: keys, certificates, name }, PASSWORD));
    };
    const cases: readonly (readonly [() => Promise<unknown>, string])[] = [
      [() => rm(pkcs12), 'is missing'],
      [() => writeFile(pkcs12, 'garbage'), 'cannot be opened with its password'],
      [() => write('mx1', keyPem), 'has other content'],
      [() => target({ pkcs12 }).place(second), 'has other content'],
      [
        () => target({ pkcs12 }).place({ ...first, certificate: 'mx2' }),
        'has another friendly name than mx1',
      ],
    ];
    await files.place(first);
    for (const [change, difference] of cases) {
      await change();
      expect(await files.differences(first)).toEqual([`${pkcs12} ${difference}`]);
      await files.place(first);
      expect(await files.differences(first)).toEqual([]);
    }
  });

  test('after the password was changed it is written with the new one', async () => {
    const pkcs12 = join(await temporaryFolder(), 'mx1.p12');
    const password = new Password();
    const files = target({ pkcs12 }, password);
    expect(files.watches).toEqual([pkcs12, password.file]);
    await files.place(first);
    password.text = 'another one';
    expect(await files.differences(first)).toEqual([
      `${pkcs12} cannot be opened with its password`,
    ]);
    await files.place(first);
    expect(await keyAt(pkcs12, 'another one')).toBe(first.pems.privkey);
    expect(await keyAt(pkcs12)).toBeUndefined();
  });
});

describe('without a usable password nothing is placed', () => {
  test.each([
    ['unreadable', '', /cannot read the secret: it is empty/],
    ['not ASCII', 'geheim\u00df', /contains characters that are not printable ASCII/],
  ])('one that is %s', async (_, text, words) => {
    const folder = await temporaryFolder();
    const at = (name: string): string => join(folder, name);
    const password = new Password();
    const places = { pkcs12: at('p12'), key: at('key'), certificate: at('cert') };
    const files = target(places, password);
    password.text = text;
    const refused = files.place(first).catch((error: unknown) => error);
    expect(await refused).toMatchObject({
      ...{ code: 'SECRET_UNREADABLE', exit: 2, message: expect.stringMatching(words) },
    });
    expect(String(await refused)).not.toContain('geheim');
    expect(await readdir(folder)).toEqual([]);
    password.text = PASSWORD;
    await files.place(first);
    password.text = text;
    await expect(files.place(second)).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' });
    expect(await readFile(at('cert'), 'utf8')).toBe(first.pems.fullchain);
    expect(await files.differences(first)).toEqual([
      expect.stringMatching(new RegExp(`p12 cannot be compared: .*${words.source}`)),
    ]);
  });
});
