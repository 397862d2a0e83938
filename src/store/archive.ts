// A folder is moved to the archive by one rename: its content is complete, in one place or the
// other.
import { lstat, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../base/errors.ts';
import { errnoOf, fileFailure } from '../files/failure.ts';
import { makeFolder, syncFolder } from '../files/folders.ts';

/** A repetition does nothing. @returns its place; undefined: there was nothing to move */
export async function archive(
  home: string,
  folder: string,
  label: string,
): Promise<string | undefined> {
  const to = join(folder, label);
  try {
    const [there, here] = await Promise.all([isThere(to), isThere(home)]);
    if (!here) return there ? to : undefined;
    if (there) {
      throw new AppError('STORE_FAILED', `${to} already exists; ${home} is not changed`, {
        hint: 'move one of the two away, then run the command again',
      });
    }
    await makeFolder(folder);
    await rename(home, to);
    await syncFolder(folder);
    await syncFolder(dirname(home));
    return to;
  } catch (error) {
    throw fileFailure('STORE_FAILED', 'move', home, error);
  }
}

export async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
