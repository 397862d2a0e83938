import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BEHAVIOURS } from './list.ts';

test.each(BEHAVIOURS)('has the tests that are named for it: $what', ({ tests }) => {
  const missing = Object.entries(tests).flatMap(([file, titles]) => {
    const text = readFileSync(file, 'utf8');
    return titles.filter((title) => !text.includes(title)).map((title) => `${file}: ${title}`);
  });
  expect(missing).toEqual([]);
});
