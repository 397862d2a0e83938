// The system clock as a port. The terminal and the log read the time themselves.
import { readFileSync } from 'node:fs';
import type { Clock, Moment } from '../../base/clock.ts';
import { bootId } from '../../store/process-identity.ts';
import { createUptime } from './uptime.ts';

/** setTimeout counts milliseconds in 31 bits. */
const LONGEST_SLEEP = 2_000_000;

export const systemClock: Clock = {
  now: () => Date.now() / 1000,
  moment,
  sleep: async (seconds, signal) => {
    // A clock that is set back during the sleep does not make it longer.
    const end = performance.now() + seconds * 1000;
    for (let left = seconds; left > 0; left = (end - performance.now()) / 1000) {
      await pause(Math.min(left, LONGEST_SLEEP), signal);
    }
  },
};

let boot: string | undefined;

/** Linux counts the time since its start, including sleep, and has an id for each start. */
function moment(): Moment | undefined {
  try {
    boot ??= bootId();
    if (boot === '') return undefined;
    return { at: Date.now() / 1000, boot, running: uptime() };
  } catch {
    return undefined;
  }
}

const uptime = createUptime({
  read: () => parseFloat(readFileSync('/proc/uptime', 'utf8')),
  awake: () => performance.now(),
  timeOfDay: () => Date.now(),
});

function pause(seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, seconds * 1000);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
