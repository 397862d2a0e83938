// Switches the rules off one at a time, in a copy, and says which tests notice: `node test/mutants/main.mjs [PART OF A RULE'S NAME]`.
// Takes minutes. Prints a table; ends with 1 when a rule can be switched off and nobody notices.

import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { mutants } from './list.mjs';

const run = promisify(execFile);
const top = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
// The quick tests first; the stories and the simulation only where those see nothing.
const rounds = [['test/rollover'], ['test/stories', 'test/engine', 'test/resolver'], ['test/sim']];

async function copyOfTheTree() {
  const folder = await mkdtemp(join(tmpdir(), 'holger-mutants-'));
  for (const name of [
    'src',
    'providers',
    'test',
    'package.json',
    'tsconfig.json',
    'vitest.config.ts',
    'config.example.toml',
  ]) {
    await cp(join(top, name), join(folder, name), { recursive: true });
  }
  await symlink(join(top, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

function mutated(text, { find, put, also = [] }) {
  let changed = text;
  for (const one of [{ find, put }, ...also]) {
    if (changed.split(one.find).length !== 2) throw new Error(`stands not once: ${one.find}`);
    changed = changed.replace(one.find, () => one.put);
  }
  return changed;
}

/** Names of the tests that fail. */
async function failures(folder, paths) {
  const report = join(folder, 'report.json');
  const args = ['run', '--project', 'unit', '--reporter', 'json', '--outputFile', report, ...paths];
  await run(process.execPath, [join(top, 'node_modules/vitest/vitest.mjs'), ...args], {
    cwd: folder,
  }).catch(() => {});
  const { testResults } = JSON.parse(await readFile(report, 'utf8'));
  return testResults.flatMap(({ name, assertionResults, status, message }) =>
    status === 'failed' && assertionResults.length === 0
      ? [`${name}: ${message}`]
      : assertionResults.filter((one) => one.status === 'failed').map(({ fullName }) => fullName),
  );
}

/** `tests`: where the rule is tested, when that is not with the planner. */
async function noticed(folder, { tests }) {
  for (const paths of tests === undefined ? rounds : [tests]) {
    const names = await failures(folder, paths);
    if (names.length > 0) return names;
  }
  return [];
}

const [part = ''] = process.argv.slice(2);
const folder = await copyOfTheTree();
let survivors = 0;
try {
  process.stdout.write(
    '| rule | read naively | tests that fail | the first of them |\n| --- | --- | --- | --- |\n',
  );
  for (const mutant of mutants.filter(({ rule }) => rule.includes(part))) {
    const file = join(folder, mutant.file);
    const text = await readFile(file, 'utf8');
    await writeFile(file, mutated(text, mutant));
    const names = await noticed(folder, mutant);
    await writeFile(file, text);
    if (names.length === 0) survivors += 1;
    const [first = 'NOBODY NOTICES'] = names;
    process.stdout.write(`| ${mutant.rule} | ${mutant.naive} | ${names.length} | ${first} |\n`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.exitCode = survivors === 0 ? 0 : 1;
