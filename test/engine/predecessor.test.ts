import { describe, expect, it } from 'vitest';
import { predecessorOf } from '../../src/engine/act/order/predecessor.ts';
import { A, B, CA, generation } from '../rollover/world.ts';

const ordered = { number: 4, directory: CA };
const one = generation(1, 'retired', A);
const live = generation(2, 'live', A);
const staged = generation(3, 'issued', B);

describe('the certificate that an order replaces', () => {
  it('is the certificate that was issued last, although it is not deployed', () => {
    expect(predecessorOf(ordered, { generations: [staged, one, live] })?.number).toBe(3);
    expect(predecessorOf(ordered, { generations: [one, live] })?.number).toBe(2);
  });

  it('is one of the same CA, and not a chain that was taken up again', () => {
    const elsewhere = { ...staged, directory: 'https://other.example/directory' };
    expect(predecessorOf(ordered, { generations: [one, live, elsewhere] })?.number).toBe(2);
    const again = { ...staged, rollbackOf: 1 };
    expect(predecessorOf(ordered, { generations: [one, live, again] })?.number).toBe(2);
    expect(predecessorOf(ordered, { generations: [] })).toBeUndefined();
  });
});
