// Runs a command of the operator: an argument list without a shell, in its own process group, with
// a deadline, a clean environment, and only the end of its output kept.
import { spawn, type ChildProcess } from 'node:child_process';
import type { Seconds } from '../base/clock.ts';
import { AppError, reasonOf } from '../base/errors.ts';

const TAIL_BYTES = 2048;
/** Between SIGTERM and SIGKILL. */
const GRACE_MS = 5000;
/** The same if holger itself is to end. */
const HURRIED_GRACE_MS = 500;
/**
 * Where a command without a folder is searched: never in the PATH of the caller, which other users
 * may control (sudo, cron, a login shell). The last folder is the one of NixOS.
 */
export const SAFE_PATH =
  '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin';
/** A reload may start a daemon that keeps our pipes open; its output is not waited for. */
const LINGER_MS = 200;

export interface CommandOptions {
  /**
   * Added to a fixed PATH, and to LANG and HOME of holger; never a secret: other processes of the
   * user can read it.
   */
  readonly env: Readonly<Record<string, string>>;
  /** Variables of holger that the command gets, too. */
  readonly keeps?: readonly string[];
  readonly input?: string;
  /**
   * The most bytes of standard output that are kept beside the end of all output, for callers that
   * parse it.
   */
  readonly answerBytes?: number;
  readonly timeout: Seconds;
  /** Stops the command early; without a signal the command runs to its end. */
  readonly signal?: AbortSignal;
}

export type CommandOutcome =
  | {
      readonly status: 'exited';
      readonly exitStatus: number;
      readonly output: string;
      /** Standard output unchanged; empty if it was not requested. */
      readonly answer: string;
    }
  | { readonly status: 'killed'; readonly signal: string; readonly output: string }
  | { readonly status: 'timeout'; readonly output: string }
  | { readonly status: 'not-started'; readonly reason: string; readonly passes: boolean };

/** Never rejects: the outcome of the command is the result. */
export async function runCommand(
  argv: readonly string[],
  options: CommandOptions,
): Promise<CommandOutcome> {
  const [command = '', ...args] = argv;
  const tail = createTail();
  let child: ChildProcess;
  try {
    // Detached: its own process group, so that the deadline also reaches the children of a script,
    // and Ctrl-C does not.
    const env = { ...inherited(options.keeps), ...options.env };
    // Started in "/": what a script finds in its current folder must not depend on where holger was
    // started.
    child = spawn(command, args, { env, cwd: '/', stdio: 'pipe', detached: true });
  } catch (error) {
    return notStarted(error);
  }
  const answer = createHead(options.answerBytes ?? 0);
  child.stdout?.on('data', tail.add);
  child.stdout?.on('data', answer.add);
  child.stderr?.on('data', tail.add);
  // A command that does not read its input has not failed (EPIPE).
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.input ?? '');

  const deadline = stopAtDeadline(child, options);
  try {
    const ended = await endOf(child);
    if (ended.error !== undefined) return notStarted(ended.error);
    const output = tail.text();
    if (deadline.passed()) return { status: 'timeout', output };
    if (ended.signal !== null) return { status: 'killed', signal: ended.signal, output };
    return { status: 'exited', exitStatus: ended.code ?? 1, output, answer: answer.text() };
  } finally {
    deadline.clear();
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
  }
}

/** The caller's error codes for a command that failed, and for one that reached the deadline. */
export interface FailureWords {
  readonly failed:
    'RELOAD_FAILED' | 'DEPLOY_FAILED' | 'NOTIFY_FAILED' | 'BEFORE_FAILED' | 'AFTER_FAILED';
  /** If the command cannot be started, now or in the next run; default: `failed`. */
  readonly refused?: 'DEPLOY_REFUSED' | 'BEFORE_REFUSED';
  readonly late: 'RELOAD_TIMEOUT' | 'NOTIFY_FAILED' | 'BEFORE_FAILED' | 'AFTER_FAILED';
  readonly hint: string;
}

/** For a command of a deployment; the next run places the files and reloads again. */
export const DEPLOY_HINT = 'run the command by hand, then run again';

/** Undefined if the command ended with status 0. */
export function commandFailure(
  argv: readonly string[],
  outcome: CommandOutcome,
  timeout: Seconds,
  { failed, refused, late, hint }: FailureWords,
): AppError | undefined {
  // The first word only: arguments may contain what must not be in a log.
  const command = argv[0] ?? '';
  switch (outcome.status) {
    case 'exited':
      return outcome.exitStatus === 0
        ? undefined
        : failure(failed, `${command} ended with status ${outcome.exitStatus}`, outcome, hint, {
            exitStatus: outcome.exitStatus,
          });
    case 'killed':
      return failure(failed, `${command} was ended by ${outcome.signal}`, outcome, hint, {
        signal: outcome.signal,
      });
    case 'timeout':
      return failure(
        late,
        `${command} did not end within ${timeout} s and was stopped`,
        outcome,
        hint,
        {},
      );
    case 'not-started':
      return new AppError(
        outcome.passes ? failed : (refused ?? failed),
        `${command} could not be started: ${outcome.reason}`,
        {
          hint: 'give the full path of an executable file; there is no shell',
        },
      );
  }
}

/** A lack of the machine at this time; anything else is an error in the command. */
const PASSES = new Set(['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE', 'ETXTBSY', 'EIO', 'ESTALE']);

function notStarted(error: unknown): Extract<CommandOutcome, { status: 'not-started' }> {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return { status: 'not-started', reason: reasonOf(error), passes: PASSES.has(code) };
}

function failure(
  code: FailureWords['failed' | 'late'],
  what: string,
  { output }: { readonly output: string },
  hint: string,
  details: Readonly<Record<string, unknown>>,
): AppError {
  const lastWords = output === '' ? '' : `; its last output: ${output}`;
  return new AppError(code, `${what}${lastWords}`, {
    hint,
    details: { ...details, output },
  });
}

function inherited(more: readonly string[] = []): Record<string, string> {
  const env: Record<string, string> = { PATH: SAFE_PATH };
  for (const name of ['LANG', 'HOME', ...more]) {
    const value = process.env[name];
    if (value !== undefined && value !== '') env[name] = value;
  }
  return env;
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error?: Error;
}

function endOf(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, error }));
    child.once('exit', (code, signal) => {
      const lingering = setTimeout(() => resolve({ code, signal }), LINGER_MS);
      child.once('close', () => {
        clearTimeout(lingering);
        resolve({ code, signal });
      });
    });
  });
}

function stopAtDeadline(child: ChildProcess, { timeout, signal }: CommandOptions) {
  let passed = false;
  const timers: NodeJS.Timeout[] = [];
  const stop = (grace: number): void => {
    passed = true;
    signalGroup(child, 'SIGTERM');
    timers.push(setTimeout(() => signalGroup(child, 'SIGKILL'), grace));
  };
  const onAbort = (): void => stop(HURRIED_GRACE_MS);
  timers.push(setTimeout(() => stop(GRACE_MS), timeout * 1000));
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  return {
    passed: () => passed,
    clear: () => {
      // The command has ended; after a deadline, the rest of its process group is ended, too.
      if (passed) signalGroup(child, 'SIGKILL');
      for (const timer of timers) clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    },
  };
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // ESRCH: the group does not exist any more.
  }
}

function createTail() {
  let kept = Buffer.alloc(0);
  return {
    add: (chunk: Buffer): void => {
      kept = Buffer.concat([kept, chunk]).subarray(-TAIL_BYTES);
    },
    /**
     * As one line: the text goes into logs and terminals, where control characters are not allowed.
     */
    text: (): string =>
      kept
        .toString('utf8')
        .trim()
        .replace(/\s*\n\s*/g, ' | ')
        .replace(/[\u0000-\u001f\u007f-\u009f]/g, ' '),
  };
}

function createHead(most: number) {
  const chunks: Buffer[] = [];
  let size = 0;
  return {
    add: (chunk: Buffer): void => {
      if (size < most) chunks.push(chunk.subarray(0, most - size));
      size += chunk.length;
    },
    text: (): string => Buffer.concat(chunks).toString('utf8'),
  };
}
