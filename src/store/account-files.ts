// ACME accounts: one folder per directory URL, with the account's key (written once), its URL and
// the contact that was sent to the CA.
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { defined } from '../base/defined.ts';
import { AppError } from '../base/errors.ts';
import { fileFailure } from '../files/failure.ts';
import { KnownFiles } from '../files/known-files.ts';
import { makeFolder, syncFolder } from '../files/folders.ts';
import { readFileIfAny, writeFileDurably, writeNewFile } from '../files/write.ts';
import type { AccountFiles } from '../ports/store.ts';
import { archive } from './archive.ts';
import { fileNameOf } from './keys.ts';

const KEY = 'key.pem';
/** Of a key change that is not complete. */
const NEXT_KEY = 'next-key.pem';

const folderOf = (stateDirectory: string, directory: string): string =>
  join(stateDirectory, 'accounts', fileNameOf(directory));

/** For people who move it, back it up or give it to another client. */
export const accountKeyPath = (stateDirectory: string, directory: string): string =>
  join(folderOf(stateDirectory, directory), KEY);

/** Beside the folder of the account, so that it is kept after it. */
const formerPath = (stateDirectory: string, directory: string): string =>
  `${folderOf(stateDirectory, directory)}.former`;

async function addFormer(url: string, stateDirectory: string, directory: string): Promise<void> {
  const path = formerPath(stateDirectory, directory);
  const before = (await readFileIfAny(path)) ?? '';
  if (before.split('\n').includes(url)) return;
  await writeFileDurably(path, `${before}${url}\n`);
}

/**
 * A former account: its folder is moved to the archive, and the next account starts with a new one.
 * @returns its new place
 */
export async function retireAccount(
  stateDirectory: string,
  directory: string,
  url: string,
  label: string,
): Promise<string | undefined> {
  await addFormer(url, stateDirectory, directory);
  return archive(folderOf(stateDirectory, directory), join(stateDirectory, 'archive'), label);
}

/** Also without an account: CAA records may name a former one. */
export async function formerAccounts(
  stateDirectory: string,
  directory: string,
): Promise<readonly string[]> {
  const text = await readFileIfAny(formerPath(stateDirectory, directory));
  return (text ?? '').split('\n').filter((line) => line !== '');
}

async function readAccount(folder: string, files: KnownFiles): ReturnType<AccountFiles['read']> {
  const keyPem = await files.read(join(folder, KEY));
  if (keyPem === undefined) return undefined;
  const url = (await files.read(join(folder, 'url')))?.trim();
  const nextKeyPem = await files.read(join(folder, NEXT_KEY));
  const contact = (await files.read(join(folder, 'contact')))?.trim();
  return {
    keyPem,
    ...(url === undefined || url === '' ? {} : { url }),
    ...defined({ nextKeyPem, contact }),
  };
}

export function createAccountFiles(stateDirectory: string): AccountFiles {
  const folder = (directory: string): string => folderOf(stateDirectory, directory);
  const files = new KnownFiles();
  return {
    read: (directory) => readAccount(folder(directory), files),
    writeKey: async (directory, keyPem) => {
      const path = accountKeyPath(stateDirectory, directory);
      await makeFolder(folder(directory));
      if (await writeNewFile(path, keyPem)) return;
      if ((await readFileIfAny(path)) === keyPem) return;
      throw new AppError('STORE_FAILED', `${path} has another account key; it is not changed`, {
        hint: 'move the folder away to begin with a new account',
      });
    },
    writeNextKey: async (directory, keyPem) => {
      const path = join(folder(directory), NEXT_KEY);
      if (await writeNewFile(path, keyPem)) return;
      throw new AppError(
        'STORE_FAILED',
        `${path} already exists: another key change is in progress`,
        {
          hint: 'run the command again: it continues with that key',
        },
      );
    },
    takeNextKey: async (directory) => {
      const path = accountKeyPath(stateDirectory, directory);
      try {
        await rename(join(folder(directory), NEXT_KEY), path);
        await syncFolder(folder(directory));
      } catch (error) {
        throw fileFailure('STORE_FAILED', 'replace', path, error);
      }
    },
    writeUrl: async (directory, url) => {
      await makeFolder(folder(directory));
      const before = (await readFileIfAny(join(folder(directory), 'url')))?.trim() ?? url;
      if (before !== url) await addFormer(before, stateDirectory, directory);
      await writeFileDurably(join(folder(directory), 'url'), `${url}\n`);
    },
    writeContact: async (directory, email) => {
      await makeFolder(folder(directory));
      await writeFileDurably(join(folder(directory), 'contact'), `${email}\n`);
    },
  };
}
