// Hosters that say how far a change has come: they are asked for a while after the write.
import type { Clock, Seconds } from '../../src/base/clock.ts';
import type { Call } from '../../src/ports/call.ts';

const PAUSE: Seconds = 3;
const MOST_ASKED = 20;

/**
 * Ends when `isApplied`, or after a minute. The change is made whatever is answered here, and the
 * sweep looks all the same: a failure to find out is none of the write.
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
