// Single files, written durably and whole.
import type { FileErrorCode } from './failure.ts';
import { readItself } from './read.ts';
import { commitFiles, commitNew, stageFile, type FileOptions } from './staged.ts';
import { judgeFile } from './trusted.ts';

/**
 * Replaces the file or makes it. It is on disk when this returns; when it throws, the old content
 * is intact.
 */
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

/**
 * Chains and documents of the state: thousands of certificates' worth, and no more than a reader's
 * memory bears.
 */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * The text of a file of ours; undefined only when it does not exist. A link, a FIFO or what others
 * may write is an error.
 */
export function readFileIfAny(
  path: string,
  code: FileErrorCode = 'STORE_FAILED',
): Promise<string | undefined> {
  return readItself(path, { most: MOST_BYTES, code, judge: judgeFile(path, code) });
}
