// What a command may touch of the process: two streams, the time, and the signal that asks it to end. Tests give their own.
import type { Instant } from '../base/clock.ts';

export interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Resolves when the reader of `out` has kept up, or the command is asked to end: who has much to say waits in between. */
  readonly drained: () => Promise<void>;
  /** Whether stderr is a terminal: text for people, else JSON lines. */
  readonly terminal: boolean;
  readonly now: () => Instant;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
}

/** The options that every command understands. */
export interface GlobalOptions {
  readonly config?: string;
  readonly state?: string;
  readonly json: boolean;
  /** -v counts up, -q counts down. */
  readonly verbosity: number;
}
