// Which turns are taken at the same time, and in which order.
import { describe, expect, it } from 'vitest';
import { takeTurns, Turns } from '../../src/engine/turns.ts';
import type { Turn } from '../../src/engine/turns.ts';
import { virtualClock } from '../support/virtual-clock.ts';

interface Named extends Turn {
  readonly name: string;
  readonly takes: number;
}

const turn = (name: string, more: Partial<Named> = {}): Named => ({
  ...{ name, at: 0, needs: [], takes: 10 },
  ...more,
});

/** When each turn began and ended. */
async function took(given: readonly Named[], most = 16) {
  const clock = virtualClock(0);
  const turns = new Turns<Named>();
  for (const each of given) turns.add(each);
  const told: string[] = [];
  await takeTurns(turns, { most, clock }, async ({ name, takes }) => {
    const from = clock.now();
    await clock.sleep(takes);
    told.push(`${name} ${from}-${clock.now()}`);
  });
  return told.sort();
}

describe('turns', () => {
  it('that need nothing of each other are taken together', async () => {
    expect(await took([turn('a'), turn('b')])).toEqual(['a 0-10', 'b 0-10']);
  });

  it('that need the same follow each other, and delay no other', async () => {
    const shared = { needs: ['owner/x'] };
    const given = [turn('a', shared), turn('b', shared), turn('c')];
    expect(await took(given)).toEqual(['a 0-10', 'b 10-20', 'c 0-10']);
  });

  it('are at most as many at once as are allowed', async () => {
    expect(await took([turn('a'), turn('b'), turn('c')], 2)).toEqual([
      'a 0-10',
      'b 0-10',
      'c 10-20',
    ]);
  });

  it('are taken at their times, also while others are under way', async () => {
    expect(await took([turn('late', { at: 4 }), turn('a')])).toEqual(['a 0-10', 'late 4-14']);
  });

  it('wait for what only the end of another one brings', async () => {
    let ended = 0;
    const waits = turn('b', { mayBegin: () => ended > 0 });
    const clock = virtualClock(0);
    const turns = new Turns<Named>();
    for (const each of [waits, turn('a')]) turns.add(each);
    const told: string[] = [];
    await takeTurns(turns, { most: 2, clock }, async ({ name, takes }) => {
      told.push(`${name} ${clock.now()}`);
      await clock.sleep(takes);
      ended += 1;
    });
    expect(told).toEqual(['a 0', 'b 10']);
  });

  it('that wait for the same place begin one for each that becomes free', async () => {
    let free = 0;
    const place = { mayBegin: () => free > 0, begin: () => void (free -= 1) };
    const clock = virtualClock(0);
    const turns = new Turns<Named>();
    for (const each of [turn('b', place), turn('c', place), turn('a')]) turns.add(each);
    const told: string[] = [];
    await takeTurns(turns, { most: 16, clock }, async ({ name, takes }) => {
      told.push(`${name} ${clock.now()}`);
      await clock.sleep(takes);
      free += 1;
    });
    expect(told).toEqual(['a 0', 'b 10', 'c 20']);
  });

  it('the time between two of them is known, and the next one comes after what is done then', async () => {
    const clock = virtualClock(0);
    const turns = new Turns<Named>();
    const given = [turn('a'), turn('b', { at: 5 }), turn('c', { at: 30 }), turn('d', { at: 30 })];
    for (const each of given) turns.add(each);
    const told: string[] = [];
    const between = async (): Promise<void> => {
      told.push(`rest ${clock.now()}`);
      await clock.sleep(25);
    };
    await takeTurns(turns, { most: 1, clock, between }, async ({ name, takes }) => {
      told.push(`${name} ${clock.now()}`);
      await clock.sleep(takes);
    });
    expect(told).toEqual(['a 0', 'b 10', 'rest 20', 'c 45', 'd 55']);
  });

  it('a failure ends the others first, and is not lost', async () => {
    const clock = virtualClock(0);
    const turns = new Turns<Named>();
    for (const each of [turn('a', { takes: 5 }), turn('b')]) turns.add(each);
    const ended: string[] = [];
    const work = async ({ name, takes }: Named): Promise<void> => {
      await clock.sleep(takes);
      ended.push(name);
      if (name === 'a') throw new Error('broken');
    };
    await expect(takeTurns(turns, { most: 2, clock }, work)).rejects.toThrow('broken');
    expect(ended).toEqual(['a', 'b']);
  });
});
