// When a watch checks next. The rounds have a fixed interval, counted from the first one, however
// long each of them takes.
import type { Instant, Seconds } from '../base/clock.ts';

/**
 * A timer or a reboot may start many watches at the same moment; they must not stay synchronous.
 */
const JITTER = 0.05;
const MOST_JITTER = 30;

/** The next round after now; rounds that a long one has missed are left out. `random`: 0 to 1. */
export function nextRound(
  began: Instant,
  interval: Seconds,
  now: Instant,
  random: number,
): Instant {
  const beats = Math.floor((now - began) / interval) + 1;
  return began + beats * interval + random * Math.min(interval * JITTER, MOST_JITTER);
}
