// What a command may use of the process: two streams, the time, and the signal that asks it to end.
// Tests supply their own.
import type { Instant } from '../../base/clock.ts';

export interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /**
   * Resolves when the reader of `out` has caught up, or the command is asked to end: a command with
   * much output waits for it.
   */
  readonly drained: () => Promise<void>;
  /** Whether stderr is a terminal. */
  readonly terminal: boolean;
  /** The width of the terminal; absent if the text goes to a file or a pipe. */
  readonly columns?: number;
  /** Which streams show colours unless the command line says otherwise. */
  readonly colour?: { readonly out: boolean; readonly err: boolean };
  /** Replaces the line that was shown before, '' removes it; absent without a terminal. */
  readonly rewrite?: (line: string) => void;
  readonly now: () => Instant;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
}

export const LOG_FORMATS = ['text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** The options that every command understands. */
export interface GlobalOptions {
  readonly config?: string;
  readonly state?: string;
  readonly json: boolean;
  /** -v counts up, -q counts down. */
  readonly verbosity: number;
  /** Of the log on stderr; absent: the format of the results. */
  readonly logFormat?: LogFormat;
}

/** One command line as it was given: its global options, and where it answers. */
export interface Invocation {
  readonly options: GlobalOptions;
  readonly io: Io;
}
