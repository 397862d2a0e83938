// How long to wait before the next attempt: at a failing target, at a service that does not load
// its files, and between two handshakes with a service. Each pause grows, so that a lasting failure
// fills neither a log nor the log of a server.
import type { Instant, Seconds } from '../base/clock.ts';

/** An operator who repairs a target watches it for a minute or two. */
const FIRST_PAUSE: Seconds = 60;
/** Less than the hour of the usual timer, so that each of its runs tries again. */
const LONGEST_PAUSE: Seconds = 1800;

/**
 * A restart of a target, or the lock of another program, is over by then: a longer failure does not
 * end by itself.
 */
const CURED_BY_TIME: Seconds = 900;

export function isOverdue(since: Instant, now: Instant): boolean {
  return now - since >= CURED_BY_TIME;
}

/** A service that was reloaded has loaded its files by then. */
const LOADS_WITHIN: Seconds = 30;

/** Whether it is too early to conclude something from what a service presents. */
export function isJustTold({ reloads }: { readonly reloads?: Attempts }, now: Instant): boolean {
  return reloads !== undefined && now - reloads.last < LOADS_WITHIN;
}

/** Attempts in a row without lasting success. */
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
 * One handshake a minute with each endpoint: as often as a monitoring system, which mail servers
 * tolerate.
 */
export const LONGEST_VISIT: Seconds = 60;

/** After a handshake with a service: 1, 1, 2, 4 … 60 s, counted from its last reload. */
export function visitPause(toldAt: Instant, visitedAt: Instant): Seconds {
  return Math.min(LONGEST_VISIT, Math.max(SHORTEST_VISIT, visitedAt - toldAt));
}
