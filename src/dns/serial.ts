// Serial number arithmetic (RFC 1982): SOA serials and RRSIG times wrap around at 2^32.
const HALF = 2 ** 31;

/**
 * Whether `a` is later than `b`. False both ways at a distance of exactly 2^31, where RFC 1982 §3.2
 * leaves it undefined.
 */
export function serialGreater(a: number, b: number): boolean {
  const distance = (a - b) >>> 0;
  return distance !== 0 && distance < HALF;
}

/** The later of two serials of one zone, if there is a first. */
export function newerSerial(one: number | undefined, other: number): number {
  return one === undefined || serialGreater(other, one) ? other : one;
}

/** The first of those with the newest version of one zone. */
export function newestBySerial<T extends { readonly serial: number }>(
  all: readonly T[],
): T | undefined {
  return all.reduce<T | undefined>(
    (best, one) => (best === undefined || serialGreater(one.serial, best.serial) ? one : best),
    undefined,
  );
}

/** The instant nearest to `now` that a 32-bit time may mean (RFC 4034 §3.1.5). */
export function instantOfSerial(serial: number, now: number): number {
  const base = Math.floor(now);
  const distance = (serial - base) >>> 0;
  return base + (distance < HALF ? distance : distance - 2 ** 32);
}
