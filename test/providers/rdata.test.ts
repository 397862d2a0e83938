import { expect, it } from 'vitest';
import { txtFromInside, txtFromValue, txtInside } from '../../providers/_kit/rdata.ts';

const LONG = 'x'.repeat(300);

it.each([
  ['plain', 'plain'],
  ['a "word" and \\', 'a \\"word\\" and \\\\'],
  [LONG, LONG],
])('writes the value %j in quotation marks', (value, inside) => {
  const rdata = txtFromValue(value);
  expect(txtInside(rdata)).toBe(inside);
  expect(txtFromInside(inside)).toBe(rdata);
});

it('reads quotation marks that another client has written', () => {
  expect(txtFromInside('"plain"')).toBe(txtFromValue('plain'));
});

it('reads quotation marks that are not escaped', () => {
  expect(txtFromInside('a "word"')).toBe(txtFromValue('a "word"'));
});
