import { describe, expect, it } from 'vitest';
import { clampRetryAfter, parseRetryAfter } from '../../src/http/retry-after.ts';

const now = Date.parse('2026-11-21T12:00:00Z') / 1000;
const hour = 3600;

describe('Retry-After (RFC 9110 §10.2.3)', () => {
  it.each([
    ['seconds', '120', now + 120],
    ['zero seconds', '0', now],
    ['blanks around', ' 5 ', now + 5],
    ['the preferred date format', 'Sat, 21 Nov 2026 13:00:00 GMT', now + hour],
    ['the date format of RFC 850', 'Saturday, 21-Nov-26 13:00:00 GMT', now + hour],
    ['a two-digit year of the past century', 'Monday, 21-Nov-94 13:00:00 GMT', now],
    ['the date format of asctime', 'Sat Nov 21 13:00:00 2026', now + hour],
    ['a date in the past', 'Sat, 21 Nov 2026 11:00:00 GMT', now],
    ['K11: 317 years as a day', '9999999999', now + 24 * hour],
    ['K11: a number that no clock holds as a day', '9'.repeat(40), now + 24 * hour],
    ['K11: a date in the next century as a day', 'Fri, 01 Jan 2100 00:00:00 GMT', now + 24 * hour],
  ])('reads %s', (_, text, expected) => {
    expect(parseRetryAfter(text, now)).toBe(expected);
  });

  it.each([undefined, '', '-5', '1.5', 'soon', '2026-11-21', 'Sat, 21 Nov 2026 13:00:00', '1e3'])(
    'ignores %j',
    (text) => expect(parseRetryAfter(text, now)).toBeUndefined(),
  );

  it('is limited on both sides, and has a default', () => {
    const limits = { min: 60, max: 86_400, fallback: 21_600 };
    expect(clampRetryAfter('1', now, limits)).toBe(now + 60);
    expect(clampRetryAfter('999999', now, limits)).toBe(now + 86_400);
    expect(clampRetryAfter('600', now, limits)).toBe(now + 600);
    expect(clampRetryAfter(undefined, now, limits)).toBe(now + 21_600);
  });
});
