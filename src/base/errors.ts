// The one error type of the program. A code says what kind of failure it is; the table below says
// what the failure means for the exit status and for trying again. A negative finding is never an
// error.
import { systemReason } from './system-errors.ts';

/**
 * Exit statuses of the command (design: 0 done, 1 finding, 2 usage, 3 temporary, 4 person, 5
 * locked, 70 bug).
 */
export type ExitStatus = 0 | 1 | 2 | 3 | 4 | 5 | 70;

interface Meaning {
  readonly exit: ExitStatus;
  /** Whether the same act may succeed later although nothing was changed. */
  readonly retry: boolean;
}

const temporary: Meaning = { exit: 3, retry: true };
const person: Meaning = { exit: 4, retry: false };
const usage: Meaning = { exit: 2, retry: false };

const MEANING = {
  USAGE: usage,
  CONFIG_INVALID: usage,
  SECRET_UNREADABLE: usage,
  INPUT_INVALID: usage,
  DNS_TIMEOUT: temporary,
  DNS_UNREACHABLE: temporary,
  DNS_SERVFAIL: temporary,
  DNS_REFUSED: temporary,
  DNS_BOGUS: temporary,
  DNS_MALFORMED: temporary,
  DNS_DISAGREE: temporary,
  DNS_NO_ZONE: person,
  UPDATE_REFUSED: person,
  UPDATE_CONFLICT: temporary,
  TSIG_FAILED: person,
  TSIG_BADTIME: person,
  PROVIDER_AUTH: person,
  PROVIDER_FAILED: temporary,
  PROVIDER_LIMITED: temporary,
  ACME_PROBLEM: person,
  ACME_RATE_LIMITED: temporary,
  ACME_UNREACHABLE: temporary,
  ACME_CHALLENGE_PENDING: temporary,
  ACME_ORDER_INVALID: temporary,
  ACME_CERTIFICATE_WRONG: person,
  CONNECT_FAILED: temporary,
  DEPLOY_FAILED: temporary,
  DEPLOY_REFUSED: person,
  SERVICE_BROKEN: person,
  RELOAD_FAILED: temporary,
  RELOAD_TIMEOUT: temporary,
  BEFORE_FAILED: temporary,
  BEFORE_REFUSED: person,
  AFTER_FAILED: person,
  STORE_FAILED: temporary,
  STORE_REFUSED: person,
  STORE_CORRUPT: person,
  STORE_NEWER: person,
  REVISION_CONFLICT: temporary,
  LOCKED: { exit: 5, retry: true },
  BLOCKED: person,
  INTERRUPTED: temporary,
  HTTP_FAILED: temporary,
  NOTIFY_FAILED: temporary,
  OUT_OF_RESOURCES: temporary,
  BUG: { exit: 70, retry: false },
} as const satisfies Record<string, Meaning>;

export type ErrorCode = keyof typeof MEANING;

export interface ErrorOptions {
  /** What to do next, imperative, no full stop. */
  readonly hint?: string | undefined;
  /** Facts for the log and for `--json`; never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Epoch seconds before which another try is useless (Retry-After). */
  readonly notBefore?: number | undefined;
  /** Another try was made after time had passed, and did not help. */
  readonly overdue?: boolean;
  readonly cause?: unknown;
}

/**
 * What happened to what (`message`), what to do next (`hint`), and whether to try again (by
 * `code`).
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
  readonly notBefore: number | undefined;
  readonly overdue: boolean;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? {};
    this.notBefore = options.notBefore;
    this.overdue = options.overdue ?? false;
  }

  get exit(): ExitStatus {
    const { exit } = MEANING[this.code];
    return exit === 3 && this.overdue ? 4 : exit;
  }

  get retry(): boolean {
    return MEANING[this.code].retry;
  }
}

/**
 * The text of a thrown value, for a message that wraps it. Errors of the system are put into words.
 */
export function reasonOf(error: unknown): string {
  const words = error instanceof AppError ? undefined : systemReason(error);
  if (words !== undefined) return words;
  return error instanceof Error ? error.message : String(error);
}

/**
 * A resource of the process or the machine that is used up; it becomes free when other work ends.
 */
const USED_UP: Readonly<Record<string, string>> = {
  EMFILE: 'holger may open no more files',
  ENFILE: 'this machine can open no more files',
  ENOBUFS: 'this machine has no memory left for sockets',
  ENOMEM: 'this machine has no memory left',
};

/**
 * The current folder of a shell or a timer may have been removed: Node then cannot resolve relative
 * paths.
 */
export function withoutFolder(error: unknown): AppError | undefined {
  const isThat = error instanceof Error && 'syscall' in error && error.syscall === 'uv_cwd';
  if (!isThat) return undefined;
  return new AppError('USAGE', 'the current folder does not exist any more', {
    hint: 'name files by their full path, or change to another folder first',
  });
}

/** Undefined for anything that is not a used-up resource. */
export function outOfResources(error: unknown): AppError | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const words = USED_UP[code];
  if (words === undefined) return undefined;
  return new AppError('OUT_OF_RESOURCES', `${words} (${code})`, {
    hint: 'raise the limit (ulimit -n, LimitNOFILE, memory) and run again',
    cause: error,
  });
}
