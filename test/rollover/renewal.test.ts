import { describe, expect, it } from 'vitest';
import { chanceOf, rememberWindow, renewalTime } from '../../src/rollover/plan/order/renewal.ts';
import type { RenewalWishes, Validity } from '../../src/rollover/plan/order/renewal.ts';

const DAY = 86_400;
const renewalDue = (validity: Validity, wishes: RenewalWishes): number =>
  renewalTime(validity, wishes).candidates[0].due;
const ninety = { notBefore: 0, notAfter: 90 * DAY };

describe('when a certificate is due', () => {
  const six = { notBefore: 0, notAfter: 6 * DAY };
  const nothing = { memory: undefined, renewBefore: undefined, lastWait: 0, chance: 0 };
  const chosen = (at: number) => ({ certId: 'c', chosenAt: at, nextLookAt: 0 });
  it.each([
    ['a third of 90 days before the end', ninety, {}, 60 * DAY],
    ['earlier by the wait that DANE took', ninety, { lastWait: 2 * DAY }, 58 * DAY],
    ['half of a lifetime below 10 days', six, {}, 3 * DAY],
    ['the time chosen in the window of the CA', ninety, { memory: chosen(50 * DAY) }, 50 * DAY],
    ['earlier by the wait', ninety, { memory: chosen(50 * DAY), lastWait: DAY }, 49 * DAY],
    ['at once when the window is in the past', ninety, { memory: chosen(-DAY) }, -DAY],
    [
      'by lifetime while no window is known',
      ninety,
      { memory: { certId: 'c', nextLookAt: 9 } },
      60 * DAY,
    ],
    ['no later for a window that is late', ninety, { memory: chosen(89 * DAY) }, 60 * DAY],
    ['no later for a renew that is late', ninety, { renewBefore: 60 }, 60 * DAY],
    ['as early as renew says', ninety, { renewBefore: 40 * DAY }, 50 * DAY],
    ['K8: at half of the lifetime when renew is longer', six, { renewBefore: 30 * DAY }, 3 * DAY],
    ['K8: not before its day for a wait of months', ninety, { lastWait: 80 * DAY }, 30 * DAY],
    [
      'K12: at the time of the CA although renew is set',
      ninety,
      { memory: chosen(DAY), renewBefore: 30 * DAY },
      DAY,
    ],
    [
      'K12: at the time of renew although the CA names a later one',
      ninety,
      { memory: chosen(55 * DAY), renewBefore: 40 * DAY },
      50 * DAY,
    ],
  ] as const)('%s', (_story, validity, wishes, due) => {
    expect(renewalDue(validity, { ...nothing, ...wishes })).toBe(due);
  });

  it.each([
    [6, 3, 2.4],
    [45, 30, 25.5],
    [64, 42 + 2 / 3, 36 + 4 / 15],
    [90, 60, 51],
    [200, 133 + 1 / 3, 113 + 1 / 3],
  ])('%i days: on day %d, or spread over the days before it', (days, last, first) => {
    const validity = { notBefore: 0, notAfter: days * DAY };
    expect(renewalDue(validity, nothing) / DAY).toBeCloseTo(last);
    expect(renewalDue(validity, { ...nothing, chance: 1 }) / DAY).toBeCloseTo(first);
    expect(renewalDue(validity, { ...nothing, chance: 0.5 }) / DAY).toBeCloseTo((last + first) / 2);
  });

  it.each([6, 45, 64, 90, 200])('K8: %i days: never within a tenth of the lifetime', (days) => {
    const validity = { notBefore: 0, notAfter: days * DAY };
    for (const renewBefore of [undefined, 0, 30 * DAY, 1000 * DAY]) {
      for (const lastWait of [0, 2 * DAY, 100 * DAY]) {
        for (const chance of [0, 0.5, 1]) {
          const due = renewalDue(validity, { ...nothing, renewBefore, lastWait, chance });
          expect(due).toBeGreaterThan((days * DAY) / 10);
          expect(due).toBeLessThanOrEqual(((days * DAY) / 3) * 2);
        }
      }
    }
  });

  it('every time is named with its cause, the earliest first', () => {
    const wishes = { memory: chosen(62 * DAY), renewBefore: 20 * DAY, lastWait: DAY, chance: 0.5 };
    expect(renewalTime(ninety, wishes)).toEqual({
      candidates: [
        { cause: 'lifetime', at: 60 * DAY, due: 54.5 * DAY },
        { cause: 'ari', at: 62 * DAY, due: 61 * DAY },
        { cause: 'renew', at: 70 * DAY, due: 64.5 * DAY },
      ],
      ...{ wait: DAY, spread: 4.5 * DAY, window: 9 * DAY, isShort: false },
    });
  });

  it('a time of the CA is not moved: the CA spreads its certificates itself', () => {
    const wishes = { ...nothing, memory: chosen(59 * DAY), chance: 0.9 };
    expect(renewalDue(ninety, wishes)).toBe(59 * DAY);
    expect(renewalTime(ninety, wishes).spread).toBe(0);
  });

  it('10,000 certificates of one day are spread over nine days', () => {
    const days = new Map<number, number>();
    for (let at = 0; at < 10_000; at += 1) {
      const chance = chanceOf({ der: `30820100${at.toString(16)}` });
      const day = Math.floor(renewalDue(ninety, { ...nothing, chance }) / DAY);
      days.set(day, (days.get(day) ?? 0) + 1);
    }
    expect([...days.keys()].sort()).toEqual([51, 52, 53, 54, 55, 56, 57, 58, 59]);
    expect(Math.max(...days.values())).toBeLessThan(1300);
  });
});

describe('the window of the CA', () => {
  const window = { start: 100, end: 200, nextLookAt: 7 };
  it('has a uniformly random time in it', () => {
    expect(rememberWindow(undefined, 'c', window, 0.25).chosenAt).toBe(125);
  });
  it('keeps the time that was chosen while it does not change', () => {
    const first = rememberWindow(undefined, 'c', window, 0.25);
    expect(rememberWindow(first, 'c', window, 0.9).chosenAt).toBe(125);
  });
  it.each([
    ['it moved', 'c', { ...window, start: 110 }],
    ['it is for another certificate', 'd', window],
  ])('gets a new random time when %s', (_story, certId, next) => {
    const first = rememberWindow(undefined, 'c', window, 0.25);
    expect(rememberWindow(first, certId, next, 0.5).chosenAt).toBe(
      next.start + (next.end - next.start) / 2,
    );
  });
  it('is ignored when it ends before it starts', () => {
    const memory = rememberWindow(undefined, 'c', { ...window, end: 99 }, 0.5);
    expect(memory.chosenAt).toBeUndefined();
    expect(memory.nextLookAt).toBe(7);
  });
  it('keeps the explanation of the CA', () => {
    const explained = { ...window, explanationUrl: 'https://ca.example/why' };
    expect(rememberWindow(undefined, 'c', explained, 0).explanationUrl).toBe(
      explained.explanationUrl,
    );
  });
});
