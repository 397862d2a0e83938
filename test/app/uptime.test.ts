import { expect, test } from 'vitest';
import { createUptime } from '../../src/app/world/uptime.ts';

function machine() {
  const state = { uptime: 1000, awake: 0, day: 1_700_000_000_000, reads: 0 };
  const uptime = createUptime({
    read: () => {
      state.reads += 1;
      return state.uptime;
    },
    awake: () => state.awake,
    timeOfDay: () => state.day,
  });
  const pass = (seconds: number): void => {
    state.uptime += seconds;
    state.awake += seconds * 1000;
    state.day += seconds * 1000;
  };
  return { state, uptime, pass };
}

test('the system is asked once for many documents of a moment', () => {
  const { state, uptime, pass } = machine();
  for (let i = 0; i < 50; i += 1) {
    expect(uptime()).toBeCloseTo(state.uptime, 6);
    pass(0.1);
  }
  expect(state.reads).toBe(1);
  pass(10);
  expect(uptime()).toBe(state.uptime);
  expect(state.reads).toBe(2);
});

test('an hour of sleep counts at once', () => {
  const { state, uptime } = machine();
  uptime();
  state.uptime += 3600;
  state.day += 3_600_000;
  expect(uptime()).toBe(4600);
});

test('a time of day that is set changes nothing about how long the machine has been running', () => {
  const { state, uptime, pass } = machine();
  uptime();
  pass(1);
  state.day -= 7_200_000;
  expect(uptime()).toBe(1001);
  pass(1);
  expect(uptime()).toBe(1002);
});
