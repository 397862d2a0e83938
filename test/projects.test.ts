import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { LONGEST, longestFirst } from './longest-first.ts';
import { PROJECTS } from './projects.ts';

const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => `test/${name.split(path.sep).join('/')}`);

/** The two wildcards that the patterns use. */
function matches(file: string, pattern: string): boolean {
  const [start = '', end = ''] = pattern.split('**/*');
  return pattern.includes('*') ? file.startsWith(start) && file.endsWith(end) : file === pattern;
}

it('every test file belongs to exactly one project', () => {
  const belonging = files.map((file) => {
    const names = Object.entries(PROJECTS).filter(
      ([, { include, exclude }]) =>
        include.some((pattern) => matches(file, pattern)) &&
        !exclude.some((pattern) => matches(file, pattern)),
    );
    return { file, projects: names.length };
  });
  expect(belonging.filter(({ projects }) => projects !== 1)).toEqual([]);
});

it('every pattern of a project finds a test file', () => {
  const patterns = Object.values(PROJECTS).flatMap(({ include }) => include);
  const idle = patterns.filter((pattern) => !files.some((file) => matches(file, pattern)));
  expect(idle).toEqual([]);
});

it('the longest test files exist, and start before the others of their project', () => {
  expect(LONGEST.filter((file) => !files.includes(file))).toEqual([]);
  const [longest = '', second = ''] = LONGEST;
  const specs = ['a/test/a.test.ts', 'b/test/b.test.ts', `b/${second}`, `b/${longest}`].map(
    (name) => ({ project: name.slice(0, 1), moduleId: path.resolve(name.slice(2)) }),
  );
  const sorted = longestFirst(specs, ({ project }) => project);
  expect(sorted).toEqual([0, 3, 2, 1].map((index) => specs[index]));
});
