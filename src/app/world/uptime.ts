// For how long the machine has been running, including the time in which it slept. Many documents
// are read and written each second, and each names it, so the system is not asked every time.
import type { Seconds } from '../../base/clock.ts';

export interface UptimeSources {
  /** What the system says. */
  readonly read: () => Seconds;
  /** Milliseconds of a clock that is never set, and stops while the machine sleeps. */
  readonly awake: () => number;
  /** Milliseconds of the time of day. It jumps when it is set, and when the machine wakes up. */
  readonly timeOfDay: () => number;
}

/** By so many milliseconds the two clocks may drift apart. */
const APART = 20;
/** For so long the system is not asked again. */
const COUNTED: Seconds = 10;

export function createUptime({ read, awake, timeOfDay }: UptimeSources): () => Seconds {
  let known: { readonly uptime: Seconds; readonly at: number; readonly apart: number } | undefined;
  return () => {
    const at = awake();
    const apart = timeOfDay() - at;
    const since = known === undefined ? Infinity : (at - known.at) / 1000;
    if (known !== undefined && since <= COUNTED && Math.abs(apart - known.apart) <= APART) {
      return known.uptime + since;
    }
    known = { uptime: read(), at, apart };
    return known.uptime;
  };
}
