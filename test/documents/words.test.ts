// Texts, comments and titles of tests are read by people whose first language is often not English:
// some words of older English do not occur in them.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, it, test } from 'vitest';
import { ROOT } from './page.ts';
import { PAGES } from './pages.ts';

const WORDS =
  /\b(whoever|nobody|somebody|anybody|everybody|mend(?:s|ed|ing)?|heed(?:s|ed)?|shall|for ever|far sides?|hosters?|strangers?|rests|stands(?! for\b)|tells|vouch(?:es|ed)?|(?<=\S |['"`])(?<!there )(?:is|are) (?:none|no(?! longer\b)))\b/i;

/** Has the words themselves. */
const THIS = relative(ROOT, import.meta.filename);

/** Words of others, and places where a word means something else. */
const QUOTED: readonly RegExp[] = [
  /^## strangers-may-need-it$/,
  /\buser nobody\b/,
  /This is no valid content\./,
];

/** Comments and strings of a line, without names in code. */
function prose(line: string): string {
  const comment = /^\s*(?:\/\/|\/\*\*?|\*)(.*)$/.exec(line)?.[1] ?? /\s\/\/ (.*)$/.exec(line)?.[1];
  const strings = [...line.matchAll(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`([^`]*)`/g)];
  return (
    comment ??
    strings
      .map(([text]) => text.replaceAll(/\$\{[^}]*\}/g, ''))
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

/** Relative to the repository. */
function files(folder: string, name: RegExp): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => name.test(file))
    .map((file) => relative(ROOT, join(ROOT, folder, file)));
}

function wordsIn(file: string, of: (line: string) => string): readonly string[] {
  return found(file, readFileSync(join(ROOT, file), 'utf8'), of);
}

test.each(['src', 'providers', 'test', 'bench'])(
  'comments, messages and titles in %s use plain words',
  (folder) => {
    const sources = files(folder, /\.m?ts$|\.mjs$/).filter((file) => file !== THIS);
    expect(sources.flatMap((file) => wordsIn(file, prose))).toEqual([]);
  },
);

it('the narrator of the stories uses plain words', () => {
  const stories = files('test/stories', /\.txt$/);
  expect(stories.flatMap((file) => wordsIn(file, (line) => line))).toEqual([]);
});

test.each([...PAGES])('$file uses plain words', ({ file, text }) => {
  expect(
    found(file, text, (line) => line.replaceAll(/`[^`]*`|\[[^\]]*\](?:\([^)]*\))?/g, '')),
  ).toEqual([]);
});
