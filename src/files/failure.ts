// What the operating system said about a file, in the words of the program.
import { AppError, reasonOf } from '../base/errors.ts';

export type FileErrorCode = 'STORE_FAILED' | 'DEPLOY_FAILED';

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: 'free some space on that file system, then run again',
  EDQUOT: 'the disk quota is used up; free some space, then run again',
  EROFS: 'the file system is mounted read-only; remount it, or choose another folder',
  EACCES: 'give this user access to the folder, or run as the user that owns it',
  EPERM: 'run as a user that may do this (root, to change an owner)',
  ENOENT: 'make the folder first, or correct the path',
  ENOTDIR: 'a part of the path is a file; correct the path',
  EISDIR: 'a folder is in the way; correct the path',
  EIO: 'the disk reported an error; look at the kernel log',
  EMFILE: 'raise the limit of open files',
  ENAMETOOLONG: 'the name is too long for a file; choose a shorter one',
};

/** The errno name (`ENOSPC`), or undefined for anything that is no system error. */
export function errnoOf(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** An AppError for a failed act on a file; one that is an AppError already stays as it is. */
export function fileFailure(
  code: FileErrorCode,
  act: string,
  path: string,
  error: unknown,
): AppError {
  if (error instanceof AppError) return error;
  const errno = errnoOf(error);
  const hint = errno === undefined ? undefined : HINTS[errno];
  return new AppError(code, `cannot ${act} ${path}: ${reasonOf(error)}`, {
    ...(hint === undefined ? {} : { hint }),
    details: { path, ...(errno === undefined ? {} : { errno }) },
    cause: error,
  });
}
