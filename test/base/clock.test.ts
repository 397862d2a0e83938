// Waiting until a time, and what ends the wait earlier.
import { expect, test } from 'vitest';
import { sleepUntil } from '../../src/base/clock.ts';
import type { Clock } from '../../src/base/clock.ts';

function clockAt(now: number, fails?: Error): Clock & { readonly slept: number[] } {
  const slept: number[] = [];
  const sleep = (seconds: number): Promise<void> => {
    slept.push(seconds);
    return fails === undefined ? Promise.resolve() : Promise.reject(fails);
  };
  return { now: () => now, sleep, slept };
}

test('a time that has come needs no sleep', async () => {
  const clock = clockAt(100);
  expect(await sleepUntil(99, clock, undefined)).toBe(true);
  expect(await sleepUntil(107, clock, undefined)).toBe(true);
  expect(clock.slept).toEqual([7]);
});

test('a signal ends the wait, and anything else is an error', async () => {
  const clock = clockAt(100, new Error('stopped'));
  expect(await sleepUntil(107, clock, AbortSignal.abort())).toBe(false);
  await expect(sleepUntil(107, clock, new AbortController().signal)).rejects.toThrow('stopped');
});
