// One ACME account: a folder per directory URL, with the account's key (written once) and its URL. Fits what acme/ asks for.
import { join } from 'node:path';
import { makeFolder } from '../files/folders.ts';
import { readFileIfAny, writeFileDurably, writeNewFile } from '../files/write.ts';
import { fileNameOf } from './keys.ts';

export interface StoredAccount {
  readKey(): Promise<string | undefined>;
  /** Durable before it returns. A key that is already there stays, without an error: another process was quicker. */
  writeKey(pkcs8Pem: string): Promise<void>;
  readUrl(): Promise<string | undefined>;
  writeUrl(url: string): Promise<void>;
}

/** @param directory the URL of the CA's directory; its accounts are nobody else's */
export function createAccountFiles(stateDirectory: string, directory: string): StoredAccount {
  const folder = join(stateDirectory, 'accounts', fileNameOf(directory));
  const key = join(folder, 'key.pem');
  const url = join(folder, 'url');
  return {
    readKey: () => readFileIfAny(key),
    writeKey: async (pkcs8Pem) => {
      await makeFolder(folder);
      await writeNewFile(key, pkcs8Pem);
    },
    readUrl: async () => {
      const text = (await readFileIfAny(url))?.trim();
      return text === '' ? undefined : text;
    },
    writeUrl: async (text) => {
      await makeFolder(folder);
      await writeFileDurably(url, `${text}\n`);
    },
  };
}
