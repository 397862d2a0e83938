// docs/what-happens-when.md: every row has its test, and every story its row.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { ROOT } from './page.ts';
import { PAGES } from './pages.ts';

const page = PAGES.find(({ file }) => file === 'docs/what-happens-when.md')?.text ?? '';
const rows = page.split('\n').filter((line) => /^\| (?!-|what happens )/.test(line));
const named = [...page.matchAll(/\[([\w-]+)\]\(\.\.\/test\/(stories|real)\/([\w.-]+)\)/g)];

describe('each row names its test', () => {
  test.each(rows)('%s', (row) => {
    expect(row).toMatch(/\]\(\.\.\/test\/[^)]+\) +\|$/);
  });
});

it('names of tests are those of their files', () => {
  for (const [, name = '', folder = '', file = ''] of named) {
    const end = folder === 'stories' ? '.txt' : '.test.ts';
    expect(file).toBe(`${name}${end}`);
    expect(readdirSync(join(ROOT, 'test', folder))).toContain(file);
  }
});

it('every story has a row', () => {
  const told = named.filter(([, , folder]) => folder === 'stories').map(([, name]) => name);
  const stories = readdirSync(join(ROOT, 'test/stories'))
    .filter((file) => file.endsWith('.txt'))
    .map((file) => file.slice(0, -'.txt'.length));
  expect(stories.filter((story) => !told.includes(story))).toEqual([]);
});
