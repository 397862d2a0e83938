// ACME accounts: one folder per directory URL, with the account's key (written once),
// its URL and the contact that the CA was told.
import { join } from 'node:path';
import { AppError } from '../base/errors.ts';
import { makeFolder } from '../files/folders.ts';
import { readFileIfAny, writeFileDurably, writeNewFile } from '../files/write.ts';
import type { AccountFiles } from '../ports/store.ts';
import { fileNameOf } from './keys.ts';

const folderOf = (stateDirectory: string, directory: string): string =>
  join(stateDirectory, 'accounts', fileNameOf(directory));

/** For people, who move it, back it up or give it to another client. */
export const accountKeyPath = (stateDirectory: string, directory: string): string =>
  join(folderOf(stateDirectory, directory), 'key.pem');

export function createAccountFiles(stateDirectory: string): AccountFiles {
  const folder = (directory: string): string => folderOf(stateDirectory, directory);
  return {
    read: async (directory) => {
      const keyPem = await readFileIfAny(accountKeyPath(stateDirectory, directory));
      if (keyPem === undefined) return undefined;
      const url = (await readFileIfAny(join(folder(directory), 'url')))?.trim();
      const contact = (await readFileIfAny(join(folder(directory), 'contact')))?.trim();
      return {
        keyPem,
        ...(url === undefined || url === '' ? {} : { url }),
        ...(contact === undefined ? {} : { contact }),
      };
    },
    writeKey: async (directory, keyPem) => {
      const path = accountKeyPath(stateDirectory, directory);
      await makeFolder(folder(directory));
      if (await writeNewFile(path, keyPem)) return;
      if ((await readFileIfAny(path)) === keyPem) return;
      throw new AppError('STORE_FAILED', `${path} holds another account key; it stays as it is`, {
        hint: 'move the folder away to begin with a new account',
      });
    },
    writeUrl: async (directory, url) => {
      await makeFolder(folder(directory));
      await writeFileDurably(join(folder(directory), 'url'), `${url}\n`);
    },
    writeContact: async (directory, email) => {
      await makeFolder(folder(directory));
      await writeFileDurably(join(folder(directory), 'contact'), `${email}\n`);
    },
  };
}
