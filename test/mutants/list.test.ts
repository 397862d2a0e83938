import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mutated } from './apply.mjs';
import { mutants } from './list.mjs';

const top = join(import.meta.dirname, '../..');

test('the text of each rule that npm run mutants switches off stands where it says', async () => {
  for (const mutant of mutants) {
    const text = await readFile(join(top, mutant.file), 'utf8');
    expect(mutated(text, mutant), mutant.rule).not.toBe(text);
  }
});

test('each rule is named once', () => {
  const names = mutants.map(({ rule }) => rule);
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
});
