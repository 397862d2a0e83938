import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mutated } from './apply.mjs';
import { mutants } from './list.mjs';
import type { Mutant } from './list.mjs';

const top = join(import.meta.dirname, '../..');

async function fault(mutant: Mutant): Promise<readonly string[]> {
  try {
    const text = await readFile(join(top, mutant.file), 'utf8');
    return mutated(text, mutant) === text ? [`${mutant.rule}: changes nothing`] : [];
  } catch (error) {
    return [`${mutant.file}: ${String(error)}`];
  }
}

test('the text of each rule that npm run mutants switches off occurs once where it says', async () => {
  expect((await Promise.all(mutants.map(fault))).flat()).toEqual([]);
});

test('each rule is named once', () => {
  const names = mutants.map(({ rule }) => rule);
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
});
