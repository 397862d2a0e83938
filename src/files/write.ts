// Single files, written durably and whole.
import { readFile } from 'node:fs/promises';
import { errnoOf, fileFailure, type FileErrorCode } from './failure.ts';
import { commitFiles, commitNew, stageFile, type FileOptions } from './staged.ts';

/** Replaces the file or makes it. It is on disk when this returns; when it throws, the old content is intact. */
export async function writeFileDurably(
  path: string,
  content: string,
  options: FileOptions = {},
): Promise<void> {
  await commitFiles([await stageFile(path, content, options)]);
}

/** Makes the file; false when there is one already, which stays as it is. */
export async function writeNewFile(
  path: string,
  content: string,
  options: FileOptions = {},
): Promise<boolean> {
  return commitNew(await stageFile(path, content, options));
}

/** The text of a file; undefined only when it does not exist. */
export async function readFileIfAny(
  path: string,
  code: FileErrorCode = 'STORE_FAILED',
): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw fileFailure(code, 'read', path, error);
  }
}
