// Times become text in JSON, so that a reader does not have to guess the unit.
import { formatInstant } from './clock.ts';

const TIME = /^(at|until|since|notAfter|notBefore)$|[a-z]At$/;

/** Unknown values are null if `absent` says so; otherwise they are left out. */
export function withTimes(value: unknown, absent?: null): unknown {
  if (Array.isArray(value)) return value.map((item) => withTimes(item, absent));
  if (value === undefined) return absent;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) =>
      typeof item === 'number' && TIME.test(key)
        ? [key, Number.isFinite(item) ? formatInstant(item) : absent]
        : [key, withTimes(item, absent)],
    ),
  );
}
