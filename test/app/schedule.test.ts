// When rounds of `holger serve` happen, and about which certificates.
import { describe, expect, it } from 'vitest';
import type { NextLooks } from '../../src/app/serve/agenda.ts';
import { Bell, schedule } from '../../src/app/serve/schedule.ts';
import { AppError } from '../../src/base/errors.ts';
import { silentLogger } from '../../src/base/log.ts';
import { NOW } from '../support/ca.ts';
import { virtualClock } from '../support/virtual-clock.ts';

interface Round {
  readonly at: number;
  readonly only: readonly string[] | 'all';
}

/** The rounds until this time; `look` may throw, ring, and take its time. */
async function rounds(
  until: number,
  look: (at: number, clock: ReturnType<typeof virtualClock>, bell: Bell) => unknown = () => ({}),
) {
  const clock = virtualClock(NOW);
  const bell = new Bell();
  const ending = new AbortController();
  const seen: Round[] = [];
  const errors: string[] = [];
  const log = {
    ...silentLogger,
    error: (message: string, fields = {}) => errors.push(`${message}: ${JSON.stringify(fields)}`),
  };
  void clock.sleep(until).then(() => ending.abort());
  await schedule(
    {
      ...{ clock, log, rests: () => undefined },
      look: async (only) => {
        const at = clock.now() - NOW;
        seen.push({ at, only: only === undefined ? 'all' : [...only] });
        const looks = (await look(at, clock, bell)) as Record<string, number>;
        return new Map(Object.entries(looks).map(([name, after]) => [name, NOW + after]));
      },
    },
    bell,
    { signal: ending.signal },
  );
  return { seen, errors };
}

describe('the rounds of serve', () => {
  it('are about all certificates, as often as those of the timer', async () => {
    const { seen } = await rounds(2000);
    expect(seen).toEqual([0, 900, 1800].map((at) => ({ at, only: 'all' })));
  });

  it('in between they are about those whose time has come, and no others', async () => {
    const { seen } = await rounds(901, (at) => (at === 0 ? { a: 100, b: 300, c: Infinity } : {}));
    expect(seen).toEqual([
      { at: 0, only: 'all' },
      { at: 100, only: ['a'] },
      { at: 300, only: ['b'] },
      { at: 900, only: 'all' },
    ]);
  });

  it('have a pause between them, and what becomes due in it is done together', async () => {
    const { seen } = await rounds(50, (at) => (at === 0 ? { a: 1, b: 4 } : {}));
    expect(seen).toEqual([
      { at: 0, only: 'all' },
      { at: 5, only: ['a', 'b'] },
    ]);
  });

  it('a signal brings the next one at once, about all', async () => {
    const { seen } = await rounds(100, (at, clock, bell) => {
      if (at === 0) void clock.sleep(40).then(() => bell.ring());
      return {};
    });
    expect(seen).toEqual([
      { at: 0, only: 'all' },
      { at: 40, only: 'all' },
    ]);
  });

  it('a signal during a round counts for another one', async () => {
    const { seen } = await rounds(100, async (at, clock, bell) => {
      if (at > 0) return {};
      bell.ring();
      await clock.sleep(20);
      return {};
    });
    expect(seen.map(({ at }) => at)).toEqual([0, 25]);
  });

  it('many signals bring one round each pause', async () => {
    const { seen } = await rounds(16, (at, clock, bell) => {
      const flood = async () => {
        for (let left = 150; left > 0; left -= 1) await clock.sleep(0.1).then(() => bell.ring());
      };
      if (at === 0) void flood();
      return {};
    });
    expect(seen.length).toBeLessThanOrEqual(4);
  });

  it('one that fails is reported, and the next one comes after pauses that grow', async () => {
    const { seen, errors } = await rounds(1900, () => {
      throw new AppError('STORE_FAILED', 'the disk is full', { hint: 'make room' });
    });
    expect(seen.map(({ at }) => at)).toEqual([0, 60, 180, 420, 900, 1800]);
    expect(errors[0]).toBe('round failed: {"detail":"the disk is full","hint":"make room"}');
  });

  it('a bug ends neither the process nor the rounds, and its stack is in the log', async () => {
    const { seen, errors } = await rounds(61, () => {
      throw new Error('this is a bug');
    });
    expect(seen).toHaveLength(2);
    expect(errors[0]).toContain('schedule.test.ts');
  });

  it('a clock that is set back does not stop them', async () => {
    let now = NOW;
    const ending = new AbortController();
    const looks: number[] = [];
    const slept: number[] = [];
    const clock = {
      now: () => now,
      sleep: (seconds: number) => {
        slept.push(seconds);
        now = slept.length === 1 ? NOW - 86_400 : now + seconds;
        return Promise.resolve();
      },
    };
    const look = (): Promise<NextLooks> => {
      looks.push(now);
      if (looks.length === 3) ending.abort();
      return Promise.resolve(new Map());
    };
    await schedule({ clock, log: silentLogger, look, rests: () => undefined }, new Bell(), {
      signal: ending.signal,
    });
    expect(looks).toEqual([NOW, NOW - 86_400, NOW - 86_400 + 900]);
  });
});
