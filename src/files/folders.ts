// Folders that still exist after a power failure.
import { mkdir, open, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { within } from './deadline.ts';
import { errnoOf, fileFailure, type FileErrorCode } from './failure.ts';

/** Some network and FUSE file systems cannot fsync a folder; there is no alternative on them. */
export const CANNOT_SYNC: ReadonlySet<string> = new Set([
  'EINVAL',
  'ENOTSUP',
  'EOPNOTSUPP',
  'EISDIR',
]);

/** A rename, link or unlink is on disk only after the folder that contains the name is synced. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } catch (error) {
    if (!CANNOT_SYNC.has(errnoOf(error) ?? '')) throw error;
  } finally {
    await handle.close();
  }
}

/**
 * Creates a folder and the missing ones above it, each synced in its parent. An existing folder
 * keeps its mode.
 */
export async function makeFolder(
  path: string,
  mode = 0o700,
  code: FileErrorCode = 'STORE_FAILED',
): Promise<void> {
  try {
    const first = await within(code, path, makeMissing(resolve(path), mode));
    if (first === undefined) return;
    for (let made = resolve(path); ; made = dirname(made)) {
      await syncFolder(dirname(made));
      if (made === first || made === dirname(made)) return;
    }
  } catch (error) {
    throw fileFailure(code, 'create the folder', path, error);
  }
}

/**
 * The first folder that was missing. Node's own recursive mkdir never ends where nothing can be
 * created, as below /proc.
 */
async function makeMissing(path: string, mode: number): Promise<string | undefined> {
  try {
    await mkdir(path, { mode });
    return path;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST' && (await stat(path)).isDirectory()) return undefined;
    if (errnoOf(error) !== 'ENOENT' || dirname(path) === path) throw error;
  }
  const first = await makeMissing(dirname(path), mode);
  await mkdir(path, { mode }).catch(async (error: unknown) => {
    // Another process was faster.
    if (errnoOf(error) !== 'EEXIST' || !(await stat(path)).isDirectory()) throw error;
  });
  return first ?? path;
}
