// Child processes of a lab: every daemon is a direct child in the foreground, identified by its
// pid, and ends with this process.

import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  readonly timeoutMs?: number;
  readonly cwd?: string;
}

export interface RunResult {
  /** 124 after a timeout, 128 + number after another signal, as shells have it. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs to the end; rejects only when the command could not be started at all. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [command = '', ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { ...process.env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, options.timeoutMs ?? 30_000);
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(new Error(`${command} could not be run: ${error.message}`));
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const status = code ?? (signal === null ? 1 : 128 + constants.signals[signal]);
      resolve({ status: timedOut ? 124 : status, ...output });
    });
    child.stdin.on('error', () => {}); // the child may end without reading its input
    child.stdin.end(options.input ?? '');
  });
}

/** Like `run`, for commands of the lab itself that should not fail. */
export async function must(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await run(argv, options);
  if (result.status === 0) return result.stdout;
  throw new Error(
    `${argv.join(' ')} ended with ${result.status}\n${result.stderr}${result.stdout}`,
  );
}

export class Daemons {
  readonly #folder: string;
  readonly #children = new Map<string, ChildProcess>();

  constructor(logFolder: string) {
    this.#folder = logFolder;
  }

  /**
   * For the last moment of this process, in which nothing can be awaited; whole groups, because
   * nginx has workers.
   */
  killAll(): void {
    for (const child of this.#children.values()) {
      if (child.pid !== undefined && isRunning(child)) process.kill(-child.pid, 'SIGKILL');
    }
  }

  start(name: string, argv: readonly string[], env: Readonly<Record<string, string>> = {}): void {
    const log = openSync(this.#logFile(name), 'a');
    // pdeathsig: even if this process is killed with SIGKILL, no daemon is left. A session of its
    // own (detached) keeps a Ctrl-C at the terminal from reaching the daemon before us.
    const child = spawn('setpriv', ['--pdeathsig', 'TERM', '--', ...argv], {
      env: { ...process.env, ...env },
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    child.on('error', () => {}); // seen by waitFor as a daemon that is not running
    this.#children.set(name, child);
  }

  pid(name: string): number {
    const pid = this.#children.get(name)?.pid;
    if (pid === undefined) throw new Error(`the lab's ${name} is not running`);
    return pid;
  }

  signal(name: string, signal: NodeJS.Signals): void {
    process.kill(this.pid(name), signal);
  }

  /**
   * Polls a condition that shows the daemon at work; reports the end of its log when it does not
   * become true.
   */
  async waitFor(name: string, isReady: () => Promise<boolean>, limitMs = 15_000): Promise<void> {
    const end = Date.now() + limitMs;
    while (!(await isReady().catch(() => false))) {
      const child = this.#children.get(name);
      const ended = child !== undefined && !isRunning(child);
      if (ended || Date.now() > end) {
        const status = child?.exitCode ?? child?.signalCode ?? 'unknown';
        const what = ended ? `ended at once (${status})` : `is not ready after ${limitMs} ms`;
        const log = this.logTail(name);
        const tail = log === '' ? 'its log is empty' : `its log ends:\n${log}`;
        throw new Error(`the lab's ${name} ${what}; ${tail}`);
      }
      await sleep(25);
    }
  }

  logTail(name: string, lines = 15): string {
    return readFileSync(this.#logFile(name), 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  }

  async stop(name: string): Promise<void> {
    const child = this.#children.get(name);
    if (child === undefined) return;
    this.#children.delete(name);
    if (child.pid === undefined || !isRunning(child)) return;
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGTERM');
    child.kill('SIGCONT'); // a daemon that a test has stopped would not notice
    const timer = setTimeout(() => child.kill('SIGKILL'), 3_000);
    await ended;
    clearTimeout(timer);
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#children.keys()].map((name) => this.stop(name)));
  }

  #logFile(name: string): string {
    return join(this.#folder, `${name}.log`);
  }
}

const isRunning = (child: ChildProcess): boolean =>
  child.exitCode === null && child.signalCode === null;
