// When a watch checks next. The rounds have a fixed interval, counted from the first one, however
// long each of them takes.
import type { Instant, Seconds } from '../base/clock.ts';

/**
 * Many watches that a timer or a reboot starts in one moment should not ask in one moment for ever.
 */
const JITTER = 0.05;
const MOST_JITTER = 30;

/** The next beat after now; beats that a long round has missed are left out. `random`: 0 to 1. */
export function nextRound(
  began: Instant,
  interval: Seconds,
  now: Instant,
  random: number,
): Instant {
  const beats = Math.floor((now - began) / interval) + 1;
  return began + beats * interval + random * Math.min(interval * JITTER, MOST_JITTER);
}
