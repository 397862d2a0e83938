// Documents that another process writes: a process that waits for one need not read the folder
// again and again. A file system that reports nothing (NFS) only makes it later.
import { existsSync, watch } from 'node:fs';
import { join } from 'node:path';
import { reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { makeFolder } from '../files/folders.ts';
import { fileNameOf } from './keys.ts';

/** Calls `act` after a document with this beginning was written. @returns what ends it */
export async function watchKeys(
  stateDirectory: string,
  prefix: string,
  act: () => void,
  log: Logger,
): Promise<() => void> {
  const folder = join(stateDirectory, 'documents');
  const begin = fileNameOf(prefix);
  const failed = (error: unknown): void =>
    log.debug('documents of other processes are seen later', { detail: reasonOf(error) });
  try {
    await makeFolder(folder, 0o700, 'STORE_FAILED');
    const watcher = watch(folder, { persistent: false }, (_event, name) => {
      // The removal of a document is not meant; temporary files begin with a dot.
      if (name?.startsWith(begin) === true && existsSync(join(folder, name))) act();
    });
    watcher.on('error', failed);
    return () => watcher.close();
  } catch (error) {
    failed(error);
    return () => undefined;
  }
}
