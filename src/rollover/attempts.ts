// How long an attempt is not repeated: at a target that fails, at a service that does not load what
// it was told to load, and between two handshakes with a service. Each grows, so that neither a log
// nor a server is filled by what does not come right.
import type { Instant, Seconds } from '../base/clock.ts';

/** A person who mends a target looks at it for a minute or two. */
const FIRST_PAUSE: Seconds = 60;
/** Less than the hour of the usual timer, so that each of its runs tries again. */
const LONGEST_PAUSE: Seconds = 1800;

/**
 * What a target that restarts, or a lock that another program holds, has passed after: what fails
 * for longer does not pass by itself.
 */
const CURED_BY_TIME: Seconds = 900;

export function isOverdue(since: Instant, now: Instant): boolean {
  return now - since >= CURED_BY_TIME;
}

/** A service that loads anew what it is told to load has done so by then. */
const LOADS_WITHIN: Seconds = 30;

/** Whether what a service presents now says nothing yet of what it was told. */
export function isJustTold({ reloads }: { readonly reloads?: Attempts }, now: Instant): boolean {
  return reloads !== undefined && now - reloads.last < LOADS_WITHIN;
}

/** Attempts in a row that did not last. */
export interface Attempts {
  readonly count: number;
  readonly last: Instant;
}

export function pauseAfter(count: number): Seconds {
  return count === 0 ? 0 : Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (count - 1));
}

/** When the next attempt may be made. */
export function retryAt({ count, last }: Attempts): Instant {
  return last + pauseAfter(count);
}

export function oneMore(before: Attempts | undefined, now: Instant): Attempts {
  return { count: (before?.count ?? 0) + 1, last: now };
}

const SHORTEST_VISIT: Seconds = 1;
/**
 * One handshake with each endpoint in a minute: what a monitoring system does, and no mail server
 * calls abuse.
 */
export const LONGEST_VISIT: Seconds = 60;

/** After a handshake with a service: 1, 1, 2, 4 … 60 s, counted from what it was last told. */
export function visitPause(toldAt: Instant, visitedAt: Instant): Seconds {
  return Math.min(LONGEST_VISIT, Math.max(SHORTEST_VISIT, visitedAt - toldAt));
}
