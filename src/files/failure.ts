// An error of the operating system about a file, in the words of the program, and whether another
// try can help.
import { getSystemErrorMap } from 'node:util';
import { defined } from '../base/defined.ts';
import { AppError, reasonOf } from '../base/errors.ts';
import type { ErrorCode } from '../base/errors.ts';
import { entryOf } from '../base/table.ts';

/** If another try cannot help, REFUSED instead of FAILED; all others need a person anyway. */
const REFUSED = {
  STORE_FAILED: 'STORE_REFUSED',
  DEPLOY_FAILED: 'DEPLOY_REFUSED',
  CONFIG_INVALID: 'CONFIG_INVALID',
  SECRET_UNREADABLE: 'SECRET_UNREADABLE',
  INPUT_INVALID: 'INPUT_INVALID',
  NOTIFY_FAILED: 'NOTIFY_FAILED',
} as const satisfies Partial<Record<ErrorCode, ErrorCode>>;

export type FileErrorCode = keyof typeof REFUSED;

export function refusedCode(code: FileErrorCode): ErrorCode {
  return REFUSED[code];
}

interface Meaning {
  /** False: the same act will fail in the same way until a person changes something. */
  readonly passes: boolean;
  readonly hint: string;
}

const passes = (hint: string): Meaning => ({ passes: true, hint });
const stays = (hint: string): Meaning => ({ passes: false, hint });

const MEANING: Readonly<Record<string, Meaning>> = {
  ENOSPC: passes('free some space on that file system, then run again'),
  EDQUOT: passes('the disk quota is used up; free some space, then run again'),
  EIO: passes('the disk reported an error; see the kernel log'),
  EMFILE: passes('raise the limit of open files (LimitNOFILE)'),
  ENFILE: passes('the machine has too many open files'),
  ESTALE: passes('the network file system was mounted again; run again'),
  ETIMEDOUT: passes('check the network file system'),
  EROFS: stays('the file system is mounted read-only: mount it writable, or name another folder'),
  EACCES: stays('give this user access to the folder, or run holger as its owner'),
  EPERM: stays(
    'run holger as root to change an owner; if root is refused, check lsattr (chattr -i) ' +
      'and the rules of SELinux or AppArmor',
  ),
  EBUSY: stays(
    'the file is a mount point, as in a container: mount its folder instead, or set write = "in-place" for this target',
  ),
  EXDEV: stays('the path leads to another file system; name the folder itself'),
  ENOENT: stays('create the folder first, or correct the path'),
  ENOTDIR: stays('a part of the path is a file; correct the path'),
  EEXIST: stays('the name already exists; correct the path, or move that file away'),
  EISDIR: stays('the path is a folder; correct the path'),
  ELOOP: stays('the path is a symbolic link, or contains too many; name the file itself'),
  ENAMETOOLONG: stays('the name is too long for a file; choose a shorter one'),
  EINVAL: stays(
    'this file system does not accept the name or the operation; choose another folder',
  ),
  ENXIO: stays('this is not a file; correct the path'),
  ENODEV: stays('this is not a file; correct the path'),
  ETXTBSY: stays('the file is a running program; correct the path'),
  EFBIG: stays('the limit of file sizes is reached (ulimit -f)'),
  ENOTSUP: stays('this file system does not support that; choose another folder'),
  EOPNOTSUPP: stays('this file system does not support that; choose another folder'),
};

/** The errno name (`ENOSPC`), or undefined for anything that is not a system error. */
export function errnoOf(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/**
 * "permission denied (EACCES)": the error of the system, without the call and the path, which may
 * be one of /proc.
 */
function systemReason(error: unknown): string {
  const errno = errnoOf(error);
  const number = error instanceof Error && 'errno' in error ? Number(error.errno) : NaN;
  const words = getSystemErrorMap().get(number)?.[1];
  if (errno === undefined) return reasonOf(error);
  return words === undefined ? `${reasonOf(error)} (${errno})` : `${words} (${errno})`;
}

/** An AppError for a failed operation on a file; an AppError is returned unchanged. */
export function fileFailure(
  code: FileErrorCode,
  act: string,
  path: string,
  error: unknown,
): AppError {
  if (error instanceof AppError) return error;
  const errno = errnoOf(error);
  const meaning = errno === undefined ? undefined : entryOf(MEANING, errno);
  const told = meaning?.passes === false ? refusedCode(code) : code;
  return new AppError(told, `cannot ${act} ${path}: ${systemReason(error)}`, {
    ...(meaning === undefined ? {} : { hint: meaning.hint }),
    details: { path, ...defined({ errno }) },
    cause: error,
  });
}
