// Single files, written durably and as a whole.
import type { FileErrorCode } from './failure.ts';
import { readItself } from './read.ts';
import { commitFiles, commitNew, stageFile, type FileOptions } from './staged.ts';
import { judgeFile } from './trusted.ts';

/**
 * Replaces or creates the file. It is on disk when this returns; if it throws, the old content is
 * intact.
 */
export async function writeFileDurably(
  path: string,
  content: string,
  options: FileOptions = {},
): Promise<void> {
  await commitFiles([await stageFile(path, content, options)]);
}

/** Creates the file; false if it exists, and it is then unchanged. */
export async function writeNewFile(
  path: string,
  content: string,
  options: FileOptions = {},
): Promise<boolean> {
  return commitNew(await stageFile(path, content, options));
}

/**
 * Chains and documents of the state: enough for thousands of certificates, but limited to protect
 * the memory.
 */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * The text of a file of holger; undefined only if it does not exist. A link, a FIFO or a file that
 * others may write is an error.
 */
export function readFileIfAny(
  path: string,
  code: FileErrorCode = 'STORE_FAILED',
): Promise<string | undefined> {
  return readItself(path, { most: MOST_BYTES, code, judge: judgeFile(path, code) });
}
