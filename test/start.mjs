// One way to run everything: `node test/start.mjs <command> [arguments]`. Needs Node and nothing
// else: packages of npm, the bundle, the lab's servers and a network namespace are provided when
// they are missing.

import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bareEnvironment } from './lab/bare-root.mjs';
import { inNamespace, namespaceProblem } from './lab/namespace.mjs';
import { installPackages, packages, packageTree, toolsMissing } from './lab/packages.mjs';

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const say = (text) => process.stderr.write(`${text}\n`);

// What a command runs: a TypeScript file of ours as a bundle, or vitest. `inside`: in a namespace
// with the lab's servers, always or with some arguments only.
const commands = {
  demo: { entry: 'test/lab/demo.ts', inside: true },
  lab: { entry: 'test/lab/main.ts', inside: true },
  bench: {
    entry: 'bench/main.ts',
    inside: (args) =>
      ['check', 'dead-server', 'many', 'memory', 'rollover', 'slow-ca'].includes(args[0]),
  },
  sim: { entry: 'test/sim/main.ts' },
  fuzz: { entry: 'test/fuzz/main.ts', inside: (args) => args[0] === 'configurations' },
  vectors: { entry: 'test/vectors/main.ts' },
  test: {},
};

async function main() {
  const [name = '', ...rest] = process.argv.slice(2);
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    say(`usage: node test/start.mjs ${Object.keys(commands).join('|')} [--yes] [arguments]`);
    return 2;
  }
  const args = rest.filter((arg) => arg !== '--yes');
  const mayInstall = rest.length !== args.length || process.env.CI === 'true';
  if (!installed()) {
    const status = await execute('npm', ['ci', '--no-audit', '--no-fund']);
    if (status !== 0) return status;
  }
  if (existsSync(join(top, 'src/main.ts'))) {
    await (await import(pathToFileURL(join(top, 'build.mjs')).href)).buildAll();
  }
  if (name === 'test') return testAll(args, mayInstall);
  const bundle = await bundleEntry(command.entry, name);
  const argv = [process.execPath, '--enable-source-maps', bundle, ...args];
  const isInside = typeof command.inside === 'function' ? command.inside(args) : command.inside;
  return isInside ? inside(argv, mayInstall) : execute(argv[0], argv.slice(1));
}

async function testAll(given, mayInstall) {
  const args = given.filter((arg) => arg !== '--long');
  const isLong = args.length !== given.length;
  const vitest = [
    process.execPath,
    join(top, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--passWithNoTests',
  ];
  const anywhere = ['--project', 'unit', '--project', 'slow'];
  if (isLong) return inside([...vitest, '--project', 'long', ...args], mayInstall, args);
  const unit = await execute(vitest[0], [...vitest.slice(1), ...anywhere, ...args]);
  if (unit !== 0) return unit;
  return inside([...vitest, '--project', 'real', ...args], mayInstall, args);
}

/** `tests`: what the command line says about them, when tests are what runs. */
async function inside(argv, mayInstall, tests) {
  const tree = await lab(mayInstall);
  if (tree === undefined) return 2;
  const place = inNamespace(argv, tree === 'machine' ? undefined : tree);
  const bare = tests === undefined ? {} : await bareEnvironment(tests, tree, say);
  process.once('exit', place.remove);
  return execute(place.command, place.args, { ...place.env, ...bare });
}

/**
 * The unpacked tree; 'machine' when the machine's own servers have to do; undefined after saying
 * why there is nothing.
 */
async function lab(mayInstall) {
  const problem = namespaceProblem();
  if (problem !== undefined) {
    say(`the lab needs a network namespace of its own, and the kernel says: ${problem}`);
    say(
      'run this as root (in a container: with CAP_SYS_ADMIN), or allow unprivileged user namespaces:',
    );
    say(
      '  sysctl -w kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0',
    );
    return undefined;
  }
  try {
    return await packageTree(say);
  } catch (error) {
    if (toolsMissing().length === 0) return 'machine';
    const why = String(error.stderr || error.message).trim();
    if ((mayInstall || (await agrees(why))) && installPackages()) return 'machine';
    say(
      `the lab's servers could not be fetched: ${why}\nmissing here: ${toolsMissing().join(' ')}; as root, run:`,
    );
    say(`  apt-get install --no-install-recommends ${[...packages, 'pebble'].join(' ')}`);
    return undefined;
  }
}

async function agrees(why) {
  if (!process.stdin.isTTY || process.getuid?.() !== 0) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(
    `${why}\ninstall the lab's servers on this machine with apt-get? [y/N] `,
  );
  terminal.close();
  return /^y/i.test(answer);
}

function installed() {
  const mark = join(top, 'node_modules/.package-lock.json');
  return (
    existsSync(mark) && statSync(mark).mtimeMs >= statSync(join(top, 'package-lock.json')).mtimeMs
  );
}

async function bundleEntry(entry, name) {
  const { build } = await import('esbuild');
  const outfile = join(top, 'dist/test', `${name}.mjs`);
  await build({
    entryPoints: [join(top, entry)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    sourcemap: true,
    logLevel: 'warning',
  });
  return outfile;
}

/**
 * Exit status of a child that gets our terminal and our signals; a Ctrl-C reaches it from the
 * terminal itself.
 */
function execute(command, args, env = process.env) {
  const child = spawn(command, args, { cwd: top, env, stdio: 'inherit' });
  const pass = (signal) => child.kill(signal);
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, pass);
  return new Promise((resolve) => {
    child.on('error', (error) => {
      say(`${command}: ${error.message}`);
      resolve(2);
    });
    child.on('close', (code, signal) => {
      for (const name of ['SIGTERM', 'SIGHUP']) process.off(name, pass);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 143));
    });
  });
}

process.exitCode = await main();
