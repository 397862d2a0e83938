// Every operation on files has a deadline. The system cannot cancel one that hangs (a dead NFS
// server, a stopped FUSE daemon). It is abandoned with its thread, and its caller continues with an
// error.
import { AppError } from '../base/errors.ts';
import type { FileErrorCode } from './failure.ts';

/**
 * Long enough for a disk that wakes up or a full write cache, short enough for a service manager
 * that waits for the end.
 */
const DEADLINE_MS = 60_000;

let hanging = 0;

/**
 * The number of abandoned operations that still hang: their threads prevent the normal end of the
 * process.
 */
export function hangingActs(): number {
  return hanging;
}

/** The result of the work, or an error if it does not come in time. */
export async function within<T>(
  code: FileErrorCode,
  path: string,
  work: Promise<T>,
  deadlineMs = DEADLINE_MS,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let late = false;
  const settled = (): void => {
    clearTimeout(timer);
    if (late) hanging -= 1;
  };
  work.then(settled, settled);
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      late = true;
      hanging += 1;
      reject(tooLate(code, path, deadlineMs));
    }, deadlineMs);
  });
  return Promise.race([work, deadline]);
}

function tooLate(code: FileErrorCode, path: string, deadlineMs: number): AppError {
  const seconds = Math.round(deadlineMs / 1000);
  return new AppError(code, `no answer from the file system at ${path} after ${seconds} s`, {
    hint: 'its disk or network file system hangs (see mount and the kernel log); run again when it answers',
    details: { path },
  });
}
