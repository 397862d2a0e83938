// ACME accounts: one folder per directory URL, with the account's key (written once) and its URL.
import { join } from 'node:path';
import { AppError } from '../base/errors.ts';
import { makeFolder } from '../files/folders.ts';
import { readFileIfAny, writeFileDurably, writeNewFile } from '../files/write.ts';
import type { AccountFiles } from '../ports/store.ts';
import { fileNameOf } from './keys.ts';

export function createAccountFiles(stateDirectory: string): AccountFiles {
  const folder = (directory: string): string =>
    join(stateDirectory, 'accounts', fileNameOf(directory));
  return {
    read: async (directory) => {
      const keyPem = await readFileIfAny(join(folder(directory), 'key.pem'));
      if (keyPem === undefined) return undefined;
      const url = (await readFileIfAny(join(folder(directory), 'url')))?.trim();
      return url === undefined || url === '' ? { keyPem } : { keyPem, url };
    },
    writeKey: async (directory, keyPem) => {
      const path = join(folder(directory), 'key.pem');
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
  };
}
