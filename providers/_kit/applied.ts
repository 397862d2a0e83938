// Providers that report how far a change has come: they are asked for some time after the write.
import type { Clock, Seconds } from '../../src/base/clock.ts';
import type { Call } from '../../src/ports/call.ts';

const PAUSE: Seconds = 3;
const MOST_ASKED = 20;

/**
 * Ends when `isApplied` says so, or after a minute. The change is made in any case, and the sweep
 * checks it: a failed query is not a failure of the write.
 */
export async function untilApplied(
  clock: Clock,
  isApplied: () => Promise<boolean>,
  call: Call,
): Promise<void> {
  try {
    for (let asked = 0; asked < MOST_ASKED; asked += 1) {
      if (await isApplied()) return;
      await clock.sleep(PAUSE, call.signal);
    }
  } catch {
    return;
  }
}
