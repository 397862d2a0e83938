// One executable with Node inside, for machines that have an older one or none: Node's own single
// executable application. Node and postject come from npm.
import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, '..');
const NODE = `node-linux-${process.arch}@22`;
const POSTJECT = 'postject@1.0.0-alpha.6';
/** Of Node's documentation: where the executable looks for what is put into it. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/** @returns the executable */
export async function makeSingleFile(file = path.join(ROOT, 'dist/package/holger')) {
  const work = await mkdtemp(path.join(tmpdir(), 'holger-single-'));
  try {
    const node = path.join(await unpacked(NODE, work), 'bin/node');
    const postject = path.join(await unpacked(POSTJECT, work), 'dist/api.js');
    await bundle(path.join(work, 'holger.cjs'));
    const settings = {
      main: 'holger.cjs',
      output: 'holger.blob',
      disableExperimentalSEAWarning: true,
    };
    await writeFile(path.join(work, 'sea.json'), JSON.stringify(settings));
    await run(node, ['--experimental-sea-config', 'sea.json'], { cwd: work });
    await mkdir(path.dirname(file), { recursive: true });
    await copyFile(node, file);
    await chmod(file, 0o755);
    const { inject } = createRequire(import.meta.url)(postject);
    const blob = await readFile(path.join(work, 'holger.blob'));
    await inject(file, 'NODE_SEA_BLOB', blob, { sentinelFuse: FUSE });
    return file;
  } finally {
    await rm(work, { recursive: true });
  }
}

/** @returns the folder of a package of npm */
async function unpacked(name, work) {
  const { stdout } = await run('npm', ['pack', '--silent', '--prefer-offline', name], {
    cwd: work,
  });
  const folder = await mkdtemp(path.join(work, 'package-'));
  await run('tar', ['-xzf', path.join(work, stdout.trim()), '-C', folder]);
  return path.join(folder, 'package');
}

/** One CommonJS file, which is all that such an executable takes. */
async function bundle(outfile) {
  const { version } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8'));
  await build({
    absWorkingDir: ROOT,
    entryPoints: ['src/main.ts'],
    outfile,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node22',
    mainFields: ['module', 'main'],
    define: { HOLGER_VERSION: JSON.stringify(version) },
    logLevel: 'warning',
    plugins: [
      { name: 'no top-level await', setup: (it) => it.onLoad({ filter: /src\/main\.ts$/ }, entry) },
    ],
  });
}

/** CommonJS has no await at the top: a failure there ends the process either way. */
async function entry({ path: file }) {
  const text = await readFile(file, 'utf8');
  return { contents: text.replace(/^await main\(/m, 'void main('), loader: 'ts' };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.stdout.write(`${path.relative(ROOT, await makeSingleFile())}\n`);
}
