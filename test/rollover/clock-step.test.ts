// The stories clock-goes-back and clock-jumps-ahead show its purpose; here: when a step is
// detected.
import { expect, it } from 'vitest';
import type { Moment } from '../../src/base/clock.ts';
import { stepBetween } from '../../src/rollover/record/clock-step.ts';
import { NOW } from './world.ts';

const before: Moment = { at: NOW, boot: 'a', running: 1000 };

it.each([
  ['set ahead by an hour', { at: NOW + 3660, boot: 'a', running: 1060 }, 3600],
  ['set back by an hour', { at: NOW - 3540, boot: 'a', running: 1060 }, -3600],
  ['disciplined by a second', { at: NOW + 61, boot: 'a', running: 1060 }, 0],
  ['the machine was started anew', { at: NOW + 60, boot: 'b', running: 10 }, 0],
  [
    'a container was started anew, and counts for itself',
    { at: NOW + 60, boot: 'a', running: 10 },
    0,
  ],
  ['no such clock', undefined, 0],
] satisfies [string, Moment | undefined, number][])('%s', (_story, now, step) => {
  expect(stepBetween(before, now)).toBe(step);
});
