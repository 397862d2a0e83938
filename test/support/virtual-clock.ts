// A clock for work that runs side by side: time passes when everything that runs waits for it, and
// not before.
import type { Clock, Instant } from '../../src/base/clock.ts';

interface Sleeper {
  readonly at: Instant;
  wake(): void;
}

/** For work without sockets, files and timers: it must be possible to see that all of it waits. */
export function virtualClock(start: Instant): Clock {
  let now = start;
  let isWatched = false;
  const sleepers = new Set<Sleeper>();
  // An immediate runs when no promise has anything left to do.
  const watch = (): void => {
    isWatched = false;
    const [first] = [...sleepers].sort((a, b) => a.at - b.at);
    if (first === undefined) return;
    now = Math.max(now, first.at);
    sleepers.delete(first);
    first.wake();
    look();
  };
  const look = (): void => {
    if (isWatched) return;
    isWatched = true;
    setImmediate(watch);
  };
  return {
    now: () => now,
    sleep: (seconds, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const stop = (): void => {
          sleepers.delete(sleeper);
          reject(signal?.reason as Error);
        };
        const wake = (): void => {
          signal?.removeEventListener('abort', stop);
          resolve();
        };
        const sleeper = { at: now + seconds, wake };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', stop, { once: true });
        look();
      }),
  };
}
