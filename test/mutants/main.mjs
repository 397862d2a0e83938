// Switches the rules off one at a time, in a copy, and says which test notices first:
//
//     node test/mutants/main.mjs [PART OF A RULE'S NAME OR OF A FILE'S PATH]...
//
// Takes minutes. Prints a table; ends with 1 when a rule can be switched off unnoticed.

import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createVitest } from 'vitest/node';
import { mutated } from './apply.mjs';
import { mutants } from './list.mjs';

const top = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
// The quick tests first; the stories and the simulation only where those see nothing.
const WHOLE = [['test/engine', 'test/resolver'], ['test/stories'], ['test/sim']];

async function copyOfTheTree() {
  const folder = await mkdtemp(join(tmpdir(), 'holger-mutants-'));
  const names = await readdir(top);
  for (const name of names.filter((one) => !['.git', 'node_modules', 'dist'].includes(one))) {
    await cp(join(top, name), join(folder, name), { recursive: true });
  }
  await symlink(join(top, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

const failed = [];
const reporter = {
  onTestCaseResult: (test) => {
    if (test.result().state !== 'failed') return;
    failed.push({ name: test.fullName, file: test.module.relativeModuleId });
  },
  onTestModuleEnd: (module) => {
    const file = module.relativeModuleId;
    failed.push(...module.errors().map(({ message }) => ({ name: `${file}: ${message}`, file })));
  },
};

/** One vitest for all: what a run loads and compiles anew is the one file that changed. */
function start(folder) {
  return createVitest('test', {
    ...{ root: folder, project: ['unit', 'slow'], watch: false, reporters: [reporter] },
    ...{ bail: 1, isolate: false },
  });
}

/** A test that fails, if one does. */
async function firstFailure(vitest, paths) {
  const specifications = await vitest.globTestSpecifications(paths);
  if (specifications.length === 0) throw new Error(`no tests: ${paths.join(' ')}`);
  failed.length = 0;
  const { unhandledErrors } = await vitest.runTestSpecifications(specifications);
  const [error] = unhandledErrors;
  return failed[0] ?? (error && { name: `unhandled: ${error.message}`, file: paths[0] });
}

/**
 * `tests`: where the rule is tested, when that is neither the folder of tests of its own folder,
 * nor with all together.
 */
function roundsOf({ file, tests }) {
  if (tests !== undefined) return [tests];
  const [first, second] = file.split('/');
  const own = first === 'providers' ? 'test/providers' : `test/${second}`;
  return existsSync(join(top, own)) ? [[own], ...WHOLE] : WHOLE;
}

/** A test that fails without a mutant says nothing about mutants. */
const sound = new Set();
async function expectSound(vitest, { file }) {
  if (sound.has(file)) return;
  const failure = await firstFailure(vitest, [file]);
  if (failure !== undefined) throw new Error(`${file} fails without a mutant: ${failure.name}`);
  sound.add(file);
}

async function noticed(vitest, folder, mutant) {
  const file = join(folder, mutant.file);
  const text = await readFile(file, 'utf8');
  const put = async (changed) => {
    await writeFile(file, changed);
    vitest.invalidateFile(file);
  };
  for (const paths of roundsOf(mutant)) {
    await put(mutated(text, mutant));
    const failure = await firstFailure(vitest, paths);
    await put(text);
    if (failure === undefined) continue;
    await expectSound(vitest, failure);
    return failure.name;
  }
  return undefined;
}

const parts = process.argv.slice(2);
const chosen = mutants.filter(
  ({ rule, file }) =>
    parts.length === 0 || parts.some((part) => rule.includes(part) || file.includes(part)),
);
const folder = await copyOfTheTree();
const vitest = await start(folder);
let survivors = 0;
try {
  process.stdout.write('| rule | read naively | noticed by |\n| --- | --- | --- |\n');
  for (const mutant of chosen) {
    // A busy machine may run the code of before once; a real survivor survives twice.
    const name = (await noticed(vitest, folder, mutant)) ?? (await noticed(vitest, folder, mutant));
    if (name === undefined) survivors += 1;
    process.stdout.write(`| ${mutant.rule} | ${mutant.naive} | ${name ?? 'NOT NOTICED'} |\n`);
  }
  process.stdout.write(`\n${chosen.length} rules switched off, ${survivors} of them unnoticed\n`);
} finally {
  await vitest.close();
  await rm(folder, { recursive: true, force: true });
}
process.exitCode = survivors === 0 ? 0 : 1;
