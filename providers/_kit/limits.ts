// When an API accepts requests again after it refused one by a rate limit.
import type { Instant, Seconds } from '../../src/base/clock.ts';
import { parseRetryAfter } from '../../src/http/retry-after.ts';

/** If the API does not say. */
const USUAL_PAUSE: Seconds = 60;
/** Windows are hours at most; a larger number has another meaning. */
const LONGEST_WINDOW: Seconds = 86_400;
/** A larger number of seconds is a time, not a duration. */
const ANY_TIME = 1e9;

/**
 * Retry-After if present (RFC 9110 §10.2.3); otherwise the end of the window, which has three
 * spellings and two meanings.
 */
export function limitEnds(headers: Readonly<Record<string, string>>, now: Instant): Instant {
  const after = parseRetryAfter(headers['retry-after'], now);
  if (after !== undefined) return after;
  const told =
    headers['ratelimit-reset'] ?? headers['x-ratelimit-reset'] ?? headers['x-rate-limit-reset'];
  const number = /^\d{1,12}$/.test(told ?? '') ? Number(told) : NaN;
  const end = number >= ANY_TIME ? number : now + number;
  return end >= now && end <= now + LONGEST_WINDOW ? end : now + USUAL_PAUSE;
}
