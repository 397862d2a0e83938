// The Retry-After header (RFC 9110 §10.2.3): a number of seconds or an HTTP date. The present time
// is an argument.
import type { Instant, Seconds } from '../base/clock.ts';

// RFC 9110 §5.6.7: one preferred format, and two obsolete ones that recipients must accept.
// Date.parse alone would also read "3" as the year 2001 and a date without a zone as local time.
const IMF_FIXDATE = /^[A-Z][a-z]{2}, (\d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT)$/;
const RFC850 = /^[A-Z][a-z]+day, (\d{2})-([A-Z][a-z]{2})-(\d{2}) (\d{2}:\d{2}:\d{2}) GMT$/;
const ASCTIME = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d{2}:\d{2}:\d{2}) (\d{4})$/;

/** A longer time is a mistake, or an attack, and is not accepted. */
const LONGEST: Seconds = 86_400;

/**
 * The time of the next try: from now to a day ahead; undefined if there is no header or it cannot
 * be read.
 */
export function parseRetryAfter(value: string | undefined, now: Instant): Instant | undefined {
  const text = value?.trim() ?? '';
  const instant = /^\d+$/.test(text) ? now + Number(text) : parseHttpDate(text, now);
  return instant === undefined ? undefined : boundedRetry(instant, now);
}

/** A time of the next try that another party named, limited to between now and a day ahead. */
export function boundedRetry(instant: Instant, now: Instant): Instant {
  return Math.min(Math.max(instant, now), now + LONGEST);
}

/** The same, limited to [min, max] from now; `fallback` if the header cannot be read. */
export function clampRetryAfter(
  value: string | undefined,
  now: Instant,
  limits: { readonly min: Seconds; readonly max: Seconds; readonly fallback: Seconds },
): Instant {
  const instant = parseRetryAfter(value, now) ?? now + limits.fallback;
  return Math.min(Math.max(instant, now + limits.min), now + limits.max);
}

function parseHttpDate(text: string, now: Instant): Instant | undefined {
  const millis = Date.parse(normalise(text, now) ?? '');
  return Number.isNaN(millis) ? undefined : millis / 1000;
}

function normalise(text: string, now: Instant): string | undefined {
  const fixed = IMF_FIXDATE.exec(text);
  if (fixed) return fixed[1];
  const asctime = ASCTIME.exec(text);
  if (asctime) return `${asctime[2]} ${asctime[1]} ${asctime[4]} ${asctime[3]} GMT`;
  const old = RFC850.exec(text);
  if (!old) return undefined;
  // A two-digit year more than 50 years ahead belongs to the century before (RFC 9110 §5.6.7).
  const thisYear = new Date(now * 1000).getUTCFullYear();
  let year = Math.floor(thisYear / 100) * 100 + Number(old[3]);
  if (year > thisYear + 50) year -= 100;
  return `${old[1]} ${old[2]} ${year} ${old[4]} GMT`;
}
