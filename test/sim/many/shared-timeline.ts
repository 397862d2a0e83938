// Virtual time for work that runs side by side: it moves when everything that runs waits for it,
// and not before.
import { setImmediate } from 'node:timers/promises';
import type { Seconds } from '../../../src/base/clock.ts';
import { Timeline } from '../timeline.ts';

/** Of one call of `whileWorking`: more than any run has. */
const MOST_EVENTS = 400_000;

export class SharedTimeline extends Timeline {
  /** How long a call takes is decided outside the port (slow-ports.ts). */
  override take(): void {
    return undefined;
  }

  override takeBetween(seconds: Seconds): Promise<void> {
    return this.sleep(seconds);
  }

  override sleep(seconds: Seconds, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const wake = (): void => {
        signal?.removeEventListener('abort', stop);
        resolve();
      };
      const cancel = this.in(Math.max(0, seconds), wake);
      const stop = (): void => {
        cancel();
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', stop, { once: true });
    });
  }

  /** Time passes until the work is done. @throws Error if it waits for what never happens */
  async whileWorking<T>(work: Promise<T>): Promise<T> {
    let isOver = false;
    const over = (): void => {
      isOver = true;
    };
    work.then(over, over);
    for (let events = 0; ; events += 1) {
      // An immediate runs when no promise has anything left to do.
      await setImmediate();
      if (isOver) return work;
      if (events > MOST_EVENTS) throw new Error('a run of holger does not end');
      if (!this.step()) throw new Error('a run of holger waits for what never happens');
    }
  }
}
