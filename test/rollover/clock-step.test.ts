// The stories clock-goes-back and clock-jumps-ahead show its purpose; here: when a step is
// detected.
import { expect, it } from 'vitest';
import type { Moment } from '../../src/base/clock.ts';
import { shiftAccount } from '../../src/rollover/record/account.ts';
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

it('what a CA allows an account is moved with the clock', () => {
  const used = { orders: { account: NOW } };
  const later = { orders: { account: NOW + 3600 } };
  expect(shiftAccount({ schema: 1, used }, 3600)).toEqual({ schema: 1, used: later });
  const pause = { subject: 'account', attempts: 1, at: NOW, notBefore: NOW + 60, exit: 3 } as const;
  const account = { schema: 1, ...pause, code: 'ACME_RATE_LIMITED', message: 'later' } as const;
  const moved = { ...account, at: NOW + 3600, notBefore: NOW + 3660 };
  expect(shiftAccount(account, 3600)).toEqual(moved);
});
