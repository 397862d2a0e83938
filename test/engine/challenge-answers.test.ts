import { describe, expect, it } from 'vitest';
import {
  isHopeless,
  nextAnswerAt,
  withAnswer,
  withArrival,
} from '../../src/engine/act/order/challenge-answers.ts';
import type { DnsChallenge } from '../../src/ports/issuer.ts';
import { newLineage } from '../../src/rollover/model.ts';
import type { Lineage } from '../../src/rollover/model.ts';
import { NOW } from '../rollover/world.ts';

const challenge = { challengeUrl: 'https://ca.example/challenge/1' } as DnsChallenge;
const refused = { ...challenge, problem: 'no TXT record' };

/** Answered so often, now for the last time, and the CA has received each of them. */
function answered(times: number, negativeTtl = 0): Lineage {
  let lineage = newLineage('mail');
  for (let time = 0; time < times; time += 1) {
    lineage = withArrival(withAnswer(lineage, challenge, negativeTtl, NOW), challenge, undefined);
  }
  return lineage;
}
const pause = (lineage: Lineage, of = challenge): number => nextAnswerAt(of, lineage) - NOW;

describe('K9: the next answer to a challenge', () => {
  it('comes at once when there was none, and then after pauses that grow', () => {
    expect(pause(answered(0), refused)).toBe(-Infinity);
    expect([1, 2, 3, 4].map((times) => pause(answered(times), refused))).toEqual([
      10, 30, 120, 600,
    ]);
  });

  it('gives a CA that has not judged the last one a minute', () => {
    expect(pause(answered(1))).toBe(60);
  });

  it('does not wait for a CA that may not have received the last one', () => {
    expect(pause(withAnswer(newLineage('mail'), challenge, 0, NOW))).toBe(10);
  });

  it('waits for the time that the CA names, for a day at most', () => {
    const asked = (notBefore: number): Lineage => withArrival(answered(1), challenge, notBefore);
    expect(pause(asked(NOW + 3000), refused)).toBe(3000);
    expect(pause(asked(NOW + 1e9), refused)).toBe(86_400);
  });

  it('waits until a resolver that asked too early does not cache the old answer any more, from the second one on', () => {
    expect([1, 2].map((times) => pause(answered(times, 900), refused))).toEqual([10, 900]);
    expect(pause(answered(2, 1e6), refused)).toBe(3600);
  });

  it('does not come after five: the CA will not find the record', () => {
    expect([4, 5].map((times) => isHopeless(challenge, answered(times)))).toEqual([false, true]);
  });
});
