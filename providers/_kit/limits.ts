// When an API takes requests again that has refused one for their number.
import type { Instant, Seconds } from '../../src/base/clock.ts';
import { parseRetryAfter } from '../../src/http/retry-after.ts';

/** Where it does not say. */
const USUAL_PAUSE: Seconds = 60;
/** Its windows are hours; a number beyond is not what it is taken for. */
const LONGEST_WINDOW: Seconds = 86_400;
/** Seconds beyond this are a time, not a duration. */
const ANY_TIME = 1e9;

/**
 * Retry-After where there is one (RFC 9110 §10.2.3); else the end of the window, which has three
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
