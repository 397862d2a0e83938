// docs/findings.md is generated from the catalogue. FINDINGS_UPDATE=1 writes it.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import type { Rule } from '../../src/check/rules/catalogue.ts';
import { RULES } from '../../src/check/rules/catalogue.ts';
import { SEVERITIES } from '../../src/check/rules/severity.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const FILE = path.join(ROOT, 'docs/findings.md');
const CATALOGUE: readonly (readonly [string, Rule])[] = Object.entries(RULES);

const HEADS = {
  critical: 'CRITICAL: clients are refused, or mail waits',
  warning: 'WARNING: no protection, or it will break',
  unknown: 'UNKNOWN: it could not be found out',
  ok: 'OK: worth knowing',
} as const;

const INTRODUCTION = `# Findings

What \`holger check\` can find, what it means, and what to do. Each is listed under its usual severity; where a finding does less
or more harm, the report says so. \`holger check --rules\` prints this list, \`--silence RULE\` leaves a rule out.
`;

function entry([name, { means, todo, source }]: readonly [string, Rule]): string {
  return `### ${name}\n\n${means}\n\n- What to do: ${todo}.\n- Source: ${source}.\n`;
}

function document(): string {
  const parts = SEVERITIES.map((severity) => {
    const entries = CATALOGUE.filter(([, rule]) => rule.severity === severity).map(entry);
    return `## ${HEADS[severity]}\n\n${entries.join('\n')}`;
  });
  return [INTRODUCTION, ...parts].join('\n');
}

it('docs/findings.md equals the catalogue', async () => {
  if (process.env['FINDINGS_UPDATE'] !== undefined) await writeFile(FILE, document());
  expect(await readFile(FILE, 'utf8')).toBe(document());
});

it.each(CATALOGUE)('%s has a complete entry', (name, { means, todo, source }) => {
  expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  expect(means).toMatch(/^[A-Z].*\.$/);
  expect(todo).toMatch(/^[a-z].*[^.]$/);
  expect(source).toMatch(/^(RFC \d{4} §|dane|Internet\.nl)/);
});

/** Every test of the check that calls `rule(…)`, or names what else raises one. */
async function tests(): Promise<string> {
  const names = (await readdir(import.meta.dirname)).filter((name) => name.endsWith('.test.ts'));
  const texts = names
    .filter((name) => name !== path.basename(import.meta.filename))
    .map((name) => readFile(path.join(import.meta.dirname, name), 'utf8'));
  return (await Promise.all(texts)).join('');
}

describe('each rule is raised by a test', async () => {
  const text = await tests();
  it.each(Object.keys(RULES))('%s', (name) => {
    expect(text).toMatch(new RegExp(`\\brule\\(\\s*'${name}',\\s*'(critical|warning|unknown|ok)'`));
  });
});
