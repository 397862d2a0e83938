// Time as the program counts it. The system clock is in app/world/clock.ts.

/** Seconds since 1970-01-01T00:00:00Z; may have a fraction. */
export type Instant = number;
/** A length of time in seconds. TTLs are whole seconds. */
export type Seconds = number;

/**
 * One moment on two clocks: the one that people and NTP set, and one that runs since the machine
 * started.
 */
export interface Moment {
  readonly at: Instant;
  /** The start of the machine from which `running` counts. */
  readonly boot: string;
  readonly running: Seconds;
}

export interface Clock {
  now(): Instant;
  /** Undefined if the machine has no clock that cannot be set. */
  moment?(): Moment | undefined;
  /** Resolves after `seconds`, or rejects with the signal's reason. */
  sleep(seconds: Seconds, signal?: AbortSignal): Promise<void>;
}

/** False if the signal came first. */
export async function sleepUntil(
  wake: Instant,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const left = wake - clock.now();
  if (left <= 0) return true;
  try {
    await clock.sleep(left, signal);
    return true;
  } catch (error) {
    if (signal?.aborted === true) return false;
    throw error;
  }
}

/** RFC 3339 in UTC with whole seconds: `2026-11-21T14:05:00Z`. */
export function formatInstant(instant: Instant): string {
  return new Date(Math.round(instant * 1000)).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** Epoch seconds of an RFC 3339 text; NaN for any other text. */
export function parseInstant(text: string): Instant {
  return /^\d{4}-\d{2}-\d{2}T/.test(text) ? Date.parse(text) / 1000 : NaN;
}
