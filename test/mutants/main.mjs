// Switches the rules off one at a time, in a copy, and says which test notices first:
//
//     node test/mutants/main.mjs [PART OF A RULE'S NAME OR OF A FILE'S PATH]...
//
// Takes minutes. Prints a table; ends with 1 when a rule can be switched off and nobody notices.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { mutated } from './apply.mjs';
import { mutants } from './list.mjs';

const run = promisify(execFile);
const top = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
// The quick tests first; the stories and the simulation only where those see nothing.
const WHOLE = [['test/stories', 'test/engine', 'test/resolver'], ['test/sim']];

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

/** The name of a test that fails, if one does. One process for all files: loading them anew for each is most of the time. */
async function firstFailure(folder, paths) {
  const report = join(folder, 'report.json');
  await rm(report, { force: true });
  const how = ['--bail', '1', '--no-isolate', '--reporter', 'json', '--outputFile', report];
  const args = ['run', '--project', 'unit', ...how, ...paths];
  const vitest = join(top, 'node_modules/vitest/vitest.mjs');
  const ended = await run(process.execPath, [vitest, ...args], { cwd: folder }).catch(
    (error) => error,
  );
  if (!existsSync(report)) throw new Error(`vitest gave no report: ${ended.stderr}`);
  const { testResults } = JSON.parse(await readFile(report, 'utf8'));
  const [first] = testResults.flatMap(({ name, assertionResults, status, message }) =>
    status === 'failed' && assertionResults.length === 0
      ? [`${name}: ${message}`]
      : assertionResults.filter((one) => one.status === 'failed').map(({ fullName }) => fullName),
  );
  return first;
}

/** `tests`: where the rule is tested, when that is neither the folder of tests of its own folder, nor with all together. */
function roundsOf({ file, tests }) {
  if (tests !== undefined) return [tests];
  const [first, second] = file.split('/');
  const own = first === 'providers' ? 'test/providers' : `test/${second}`;
  return existsSync(join(top, own)) ? [[own], ...WHOLE] : WHOLE;
}

/** Tests that fail without a mutant say nothing about mutants. */
const sound = new Set();
async function expectSound(folder, paths) {
  const key = paths.join(' ');
  if (sound.has(key)) return;
  const failure = await firstFailure(folder, paths);
  if (failure !== undefined) throw new Error(`${key} fails without a mutant: ${failure}`);
  sound.add(key);
}

async function noticed(folder, mutant) {
  const file = join(folder, mutant.file);
  const text = await readFile(file, 'utf8');
  for (const paths of roundsOf(mutant)) {
    await expectSound(folder, paths);
    await writeFile(file, mutated(text, mutant));
    const name = await firstFailure(folder, paths);
    await writeFile(file, text);
    if (name !== undefined) return name;
  }
  return undefined;
}

const parts = process.argv.slice(2);
const chosen = mutants.filter(
  ({ rule, file }) =>
    parts.length === 0 || parts.some((part) => rule.includes(part) || file.includes(part)),
);
const folder = await copyOfTheTree();
let survivors = 0;
try {
  process.stdout.write('| rule | read naively | who notices |\n| --- | --- | --- |\n');
  for (const mutant of chosen) {
    const name = await noticed(folder, mutant);
    if (name === undefined) survivors += 1;
    process.stdout.write(`| ${mutant.rule} | ${mutant.naive} | ${name ?? 'NOBODY NOTICES'} |\n`);
  }
  process.stdout.write(`\n${chosen.length} rules switched off, ${survivors} of them unnoticed\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.exitCode = survivors === 0 ? 0 : 1;
