// Texts and comments are read by operators whose first language is often not English: some words of
// older English do not occur in them.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, it, test } from 'vitest';
import { ROOT } from './page.ts';
import { PAGES } from './pages.ts';

const WORDS =
  /\b(whoever|nobody|somebody|anybody|mend(?:s|ed|ing)?|heed(?:s|ed)?|shall|for ever|far side|hosters?|strangers?|(?<=\S |['"`])(?<!there )(?:is|are) (?:none|no(?! longer\b)))\b/i;

/** Folders and files whose texts are still to be rewritten; the list only becomes shorter. */
const LATER: readonly string[] = [];

/** Words of others, and places where a word means something else. */
const QUOTED: readonly RegExp[] = [/^## strangers-may-need-it$/];

/** Comments and strings of a line, without names in code. */
function prose(line: string): string {
  const comment = /^\s*(?:\/\/|\/\*\*?|\*)(.*)$/.exec(line)?.[1] ?? /\s\/\/ (.*)$/.exec(line)?.[1];
  const strings = [...line.matchAll(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`([^`]*)`/g)];
  return (
    comment ??
    strings
      .map(([text]) => text)
      .filter((text) => text.includes(' '))
      .join(' ')
  );
}

function found(file: string, text: string, of: (line: string) => string): readonly string[] {
  return text.split('\n').flatMap((line, index) => {
    const word = WORDS.exec(of(line))?.[0];
    const isFine = word === undefined || QUOTED.some((it) => it.test(line));
    return isFine ? [] : [`${file}:${index + 1}: ${word}`];
  });
}

const sources = ['src', 'providers'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => relative(ROOT, join(ROOT, folder, name))),
);

it('comments and messages use plain words', () => {
  const ready = sources.filter((file) => !LATER.some((later) => file.startsWith(later)));
  const text = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
  expect(ready.flatMap((file) => found(file, text(file), prose))).toEqual([]);
});

it('what is still to be rewritten needs it', () => {
  const text = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
  const needless = LATER.filter((later) =>
    sources
      .filter((file) => file.startsWith(later))
      .every((file) => found(file, text(file), prose).length === 0),
  );
  expect(needless).toEqual([]);
});

test.each([...PAGES])('$file uses plain words', ({ file, text }) => {
  expect(
    found(file, text, (line) => line.replaceAll(/`[^`]*`|\[[^\]]*\](?:\([^)]*\))?/g, '')),
  ).toEqual([]);
});
