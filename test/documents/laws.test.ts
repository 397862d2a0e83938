// docs/laws.md is what the source, messages and tests cite: each number that is cited exists.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const written = new Set(
  [...readFileSync(join(ROOT, 'docs/laws.md'), 'utf8').matchAll(/^\*\*Rule (\d+)\./gm)].map(
    ([, number]) => Number(number),
  ),
);

/** "rule 7", "rules 5 and 16", "rules 6-11", "rules 20, 21". */
function cited(text: string): number[] {
  const lists = text.matchAll(/\brules? (\d+(?:(?:-|, | and | or )\d+)*)/gi);
  return [...lists].flatMap(([, list = '']) => {
    const [from = NaN, to = NaN] = list.split('-').map(Number);
    if (!Number.isNaN(to)) return Array.from({ length: to - from + 1 }, (_, index) => from + index);
    return [...list.matchAll(/\d+/g)].map(Number);
  });
}

const sources = ['src', 'providers', 'test', 'docs']
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
      join(folder, name),
    ),
  )
  .filter((name) => /\.(ts|mjs|md|txt)$/.test(name));

describe('docs/laws.md', () => {
  test('has thirty rules, numbered without a gap', () => {
    expect([...written]).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
  });

  test('has every rule that is cited', () => {
    const missing = sources.flatMap((file) =>
      cited(readFileSync(join(ROOT, file), 'utf8'))
        .filter((number) => !written.has(number))
        .map((number) => `${file}: rule ${number}`),
    );
    expect(missing).toEqual([]);
  });

  test('is cited: the search for citations finds some', () => {
    const all = sources.flatMap((file) => cited(readFileSync(join(ROOT, file), 'utf8')));
    expect(new Set(all).size).toBeGreaterThan(25);
  });
});
