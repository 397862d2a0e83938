// Documents made from the definitions: manual pages, completions, and the schema of the
// configuration.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'smol-toml';
import { expect, onTestFinished, test } from 'vitest';
import { documents } from '../../packaging/documents.ts';
import { commandSyntax, everyCommand } from '../../packaging/syntax.ts';
import type { JsonSchema } from '../../packaging/schema.ts';

const example = await readFile(
  path.resolve(import.meta.dirname, '../../config.example.toml'),
  'utf8',
);
const receive = await readFile(
  path.resolve(import.meta.dirname, '../../receive/receive.conf'),
  'utf8',
);
const files = documents('1.2.3', example, receive);
const schema = JSON.parse(files['holger.schema.json'] ?? '') as JsonSchema;

/** A manual page as text, without its macros and escapes. */
const plain = (name: string): string =>
  (files[name] ?? '')
    .replaceAll(/\\f[BIR]/g, '')
    .replaceAll('\\-', '-')
    .replaceAll('\\(aq', "'");

test('holger(1) has every command with every option, and the exit statuses of --help', () => {
  const page = plain('holger.1');
  for (const { path: words, options } of everyCommand(commandSyntax())) {
    expect(page).toContain(['holger', ...words].join(' '));
    for (const { flags } of options) expect(page).toContain(flags);
  }
  expect(page).toContain('With --nagios: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.');
  expect(page).toContain('"holger 1.2.3"');
});

test('holger.toml(5) has every section and every key of the schema', () => {
  const page = plain('holger.toml.5');
  for (const [name, section] of Object.entries(schema.properties ?? {})) {
    if (name === 'provider') continue;
    expect(page).toContain(`.SH [${section.type === 'array' ? `[${name}]` : name}]\n`);
    const keys = Object.keys((section.items ?? section).properties ?? {});
    for (const key of keys) expect(page).toContain(`.TP\n${key}\n`);
  }
  expect(page).toContain('.SS type = "desec"');
  expect(page).toContain('Expects "staged" or "prepublished" or "reuse-key". Default: "staged".');
});

const inRepository = (name: string): Promise<string> =>
  readFile(path.resolve(import.meta.dirname, '../..', name), 'utf8');

test('holger-receive(8) and docs/receive.md have its exit statuses, operations and keys', async () => {
  const page = plain('holger-receive.8');
  const [script, text] = [
    await inRepository('receive/holger-receive'),
    await inRepository('docs/receive.md'),
  ];
  const [, results = ''] = /^RESULTS='([^']*)'/m.exec(script) ?? [];
  const statuses = [...results.matchAll(/(\w+)=(\d+)/g)];
  expect(statuses).toHaveLength(13);
  expect(page.match(/^\d+$/gm)).toHaveLength(13);
  for (const [, word = '', status = ''] of statuses) {
    expect(page).toContain(`.TP\n${status}\n${word}: `);
    expect(text).toMatch(new RegExp(`\\| \\x60${word}\\x60 +\\| ${status} `));
  }
  for (const [, word = ''] of script.matchAll(/^ {2}(\w+)\/\d\)/gm)) {
    expect(page).toContain(`.TP\n${word}`);
    expect(text).toContain(`| \`${word}`);
  }
  const keys = new Set([...script.matchAll(/(?:in)?:([a-z_]+)=/g)].map(([, key = '']) => key));
  expect(keys.size).toBe(13);
  for (const key of keys) expect(page).toContain(`.TP\n${key}\n`);
});

/** The part of JSON Schema that the schema uses. */
function fits(value: unknown, rule: JsonSchema): boolean {
  const either = rule.anyOf ?? rule.oneOf;
  if (either !== undefined) return either.some((one) => fits(value, one));
  if (rule.const !== undefined && value !== rule.const) return false;
  if (rule.enum !== undefined && !rule.enum.includes(value as string)) return false;
  if (rule.type === 'array') {
    return Array.isArray(value) && value.every((one) => fits(one, rule.items ?? {}));
  }
  if (rule.type !== 'object') {
    const type = rule.type === 'integer' ? 'number' : rule.type;
    return type === undefined || typeof value === type;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const known = rule.properties ?? {};
  const rest = rule.additionalProperties;
  return (
    (rule.required ?? []).every((key) => key in value) &&
    Object.entries(value).every(([key, one]) => {
      const inner = known[key] ?? (rest === false ? undefined : (rest ?? {}));
      return inner !== undefined && fits(one, inner);
    })
  );
}

test('the schema accepts the example, and refuses what the configuration refuses', () => {
  const written = parse(example);
  expect(fits(written, schema)).toBe(true);
  const withDefaults = (defaults: object): object => ({ ...written, defaults });
  expect(fits(withDefaults({ strategy: 'reuse-key', ttl: '2h', dane: false }), schema)).toBe(true);
  expect(fits(withDefaults({ strategy: 'hasty' }), schema)).toBe(false);
  expect(fits(withDefaults({ ttl: 3600 }), schema)).toBe(false);
  expect(fits(withDefaults({ tlt: '2h' }), schema)).toBe(false);
  expect(fits({ provider: { main: { type: 'nobody' } } }, schema)).toBe(false);
  expect(fits({ dns: { resolver: '127.0.0.1' } }, schema)).toBe(true);
  const certificate = { name: 'a', domains: ['a.example'], services: ['smtp://a.example'] };
  expect(fits({ certificate: [certificate] }, schema)).toBe(true);
  expect(fits({ certificate: [{ name: 'a' }] }, schema)).toBe(false);
});

test('each option of a section has its reason in the schema', () => {
  const sections = Object.entries(schema.properties ?? {}).filter(([name]) => name !== 'provider');
  const missing = sections.flatMap(([name, section]) =>
    Object.entries((section.items ?? section).properties ?? {})
      .filter(([, option]) => option.description === undefined)
      .map(([key]) => `${name}.${key}`),
  );
  expect(missing).toEqual([]);
  expect(schema.properties?.['probe']?.properties?.['timeout']?.default).toBe('30s');
});

async function completed(...words: string[]): Promise<readonly string[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'holger-completion-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = path.join(folder, 'holger');
  await writeFile(file, files['completions/holger.bash'] ?? '');
  const script =
    'set -e; . "$0"; complete -p holger >/dev/null; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); ' +
    '_holger || true; printf "%s\\n" "${COMPREPLY[@]}"';
  const shell = await promisify(execFile)('bash', [
    '--norc',
    '-c',
    script,
    file,
    'holger',
    ...words,
  ]);
  return shell.stdout.trim().split('\n');
}

test('bash completes commands, commands below them, options and their values', async () => {
  expect(await completed('pro')).toEqual(['providers']);
  expect(await completed('tlsa', '')).toContain('create');
  expect(await completed('run', '--dr')).toEqual(['--dry-run']);
  expect(await completed('tlsa', 'create', '--ow')).toEqual(['--owner']);
  expect(await completed('--color', 'a')).toEqual(['auto', 'always']);
  // The value of an option of some other command is a file name, or anything.
  expect(await completed('run', '--config', 'r')).toEqual(['']);
  expect(await completed('--json', 'che')).toEqual(['check']);
});
