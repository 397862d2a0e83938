// How long a look at an address may take: each step by itself, and all of them together.
import { following } from '../base/following.ts';

/**
 * A host that drops packets is not waited for as long as one that greets late: three repetitions of
 * a SYN reach it within 7 s.
 */
const CONNECT_MS = 10_000;
/**
 * A limit for servers that use up the time of each step. Greeting, EHLO and handshake may be late,
 * but not all of them.
 */
const STEPS_IN_ALL = 3;

export interface Steps {
  /**
   * Aborted when the time of the step is over, or that of all steps, or when the caller wants no
   * answer any more.
   */
  readonly signal: AbortSignal;
  /** A step begins, and with it its time. `awaited`: "greeting", for "no greeting within 30 s". */
  begin(awaited: string): void;
  /** What was waited for in vain. */
  late(): string;
  /** To be called in the end, whatever happened. */
  end(): void;
}

/** `timeoutMs` is for each step but the connection, which gets no more than CONNECT_MS. */
export function createSteps(caller: AbortSignal | undefined, timeoutMs: number): Steps {
  const { signal, end } = following(caller);
  const connectMs = Math.min(timeoutMs, CONNECT_MS);
  const inAllMs = connectMs + STEPS_IN_ALL * timeoutMs;
  let words = `no TCP connection within ${seconds(connectMs)}`;
  let timer = setTimeout(end, connectMs);
  const all = setTimeout(() => {
    words = `not done within ${seconds(inAllMs)}`;
    end();
  }, inAllMs);
  return {
    signal,
    begin: (awaited) => {
      clearTimeout(timer);
      words = `no ${awaited} within ${seconds(timeoutMs)}`;
      timer = setTimeout(end, timeoutMs);
    },
    late: () => words,
    end: () => {
      clearTimeout(timer);
      clearTimeout(all);
      end();
    },
  };
}

const seconds = (ms: number): string => `${ms / 1000} s`;
