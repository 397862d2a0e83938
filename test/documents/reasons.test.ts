// docs/reasons.md is made from the catalogue of reasons: REASONS_UPDATE=1 writes it.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { expect, test } from 'vitest';
import { RULES } from '../../src/check/rules/catalogue.ts';
import { REASONS } from '../../src/rollover/reasons.ts';

const FILE = resolve(import.meta.dirname, '../../docs/reasons.md');
const source = join(import.meta.dirname, '../../src');

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && name !== 'reasons.ts')
    .map((name) => join(folder, name));

function page(): string {
  const entries = Object.entries(REASONS).map(
    ([name, { section, means, todo }]) =>
      `## ${name}\n\n${means}\n\nTo do: ${todo}.\n\nSee ${section}.\n`,
  );
  return `# Reasons

Why a step of \`holger run\` waits or is refused, as \`run\`, \`status\` and their JSON name it.
\`holger explain NAME\` prints one of these entries.

${entries.join('\n')}`;
}

test('docs/reasons.md equals the catalogue', () => {
  if (process.env['REASONS_UPDATE'] === '1') writeFileSync(FILE, page());
  expect(readFileSync(FILE, 'utf8')).toBe(page());
});

test('a name is a reason or a finding, never both', () => {
  expect(Object.keys(REASONS).filter((name) => name in RULES)).toEqual([]);
});

test('entries are sentences that an operator can follow', () => {
  for (const [name, { means, todo, section }] of Object.entries(REASONS)) {
    expect(means, name).toMatch(/^[A-Z].*\.$/);
    expect(todo, name).toMatch(/^[a-z].*[^.]$/);
    expect(section, name).toMatch(/^(RFC \d+ §[\d.]+|docs\/laws\.md, rule \d+|option \w+)$/);
  }
});

test('every reason is given somewhere in the source', () => {
  const text = ['rollover', 'engine']
    .flatMap((folder) => filesOf(join(source, folder)))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  const unused = Object.keys(REASONS).filter((name) => !text.includes(`'${name}'`));
  expect(unused).toEqual([]);
});
