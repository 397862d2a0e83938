import { describe, expect, it } from 'vitest';
import { rememberWindow, renewalDue } from '../../src/rollover/renewal.ts';

const DAY = 86_400;
const ninety = { notBefore: 0, notAfter: 90 * DAY };

describe('when a certificate is due', () => {
  const chosen = { certId: 'c', chosenAt: 50 * DAY, nextLookAt: 0 };
  it.each([
    ['a third of 90 days before the end', ninety, undefined, 0, 60 * DAY],
    ['earlier by the wait that DANE took', ninety, undefined, 2 * DAY, 58 * DAY],
    [
      'half of a lifetime below 10 days',
      { notBefore: 0, notAfter: 6 * DAY },
      undefined,
      0,
      3 * DAY,
    ],
    ['the time chosen in the window of the CA', ninety, chosen, 0, 50 * DAY],
    ['that time, earlier by the wait', ninety, chosen, DAY, 49 * DAY],
    [
      'never so late that the wait would not fit before expiry',
      ninety,
      { ...chosen, chosenAt: 89.9 * DAY },
      3 * DAY,
      84 * DAY,
    ],
    [
      'at once when the CA moved the window into the past',
      ninety,
      { ...chosen, chosenAt: -DAY },
      0,
      -DAY,
    ],
    ['by lifetime while no window is known', ninety, { certId: 'c', nextLookAt: 9 }, 0, 60 * DAY],
  ] as const)('%s', (_story, validity, memory, lastWait, due) => {
    expect(renewalDue(validity, memory, lastWait)).toBe(due);
  });
});

describe('the window of the CA', () => {
  const window = { start: 100, end: 200, nextLookAt: 7 };
  it('gives a uniformly random time', () => {
    expect(rememberWindow(undefined, 'c', window, 0.25).chosenAt).toBe(125);
  });
  it('keeps the time that was chosen while it stays the same', () => {
    const first = rememberWindow(undefined, 'c', window, 0.25);
    expect(rememberWindow(first, 'c', window, 0.9).chosenAt).toBe(125);
  });
  it.each([
    ['it moved', 'c', { ...window, start: 110 }],
    ['it is for another certificate', 'd', window],
  ])('is drawn again when %s', (_story, certId, next) => {
    const first = rememberWindow(undefined, 'c', window, 0.25);
    expect(rememberWindow(first, certId, next, 0.5).chosenAt).toBe(
      next.start + (next.end - next.start) / 2,
    );
  });
  it('is none when it ends before it starts', () => {
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
