// Builds dist/: an ESM bundle, split so that a command loads only what it needs. `node build.mjs`,
// or import { buildAll }. With --fresh nothing of an earlier build is left, as in a package.
import { chmod, readFile, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const ROOT = import.meta.dirname;
const STALE_AFTER_MS = 3_600_000;

// CommonJS packages inside an ESM bundle call require() for node's own modules.
const BANNER = `import { createRequire as __createRequire } from 'node:module';
const require = __createRequire(import.meta.url);`;

/** @returns the path of the command */
export async function buildAll(out = path.join(ROOT, 'dist'), patience = STALE_AFTER_MS) {
  const manifest = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8'));
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [{ in: 'src/main.ts', out: 'holger' }],
    outdir: out,
    outExtension: { '.js': '.mjs' },
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    // The ES modules of a package keep their named exports when they are imported lazily.
    mainFields: ['module', 'main'],
    define: { HOLGER_VERSION: JSON.stringify(manifest.version) },
    // esbuild keeps the entry's own shebang in front of the banner.
    banner: { js: BANNER },
    legalComments: 'linked',
    metafile: true,
    logLevel: 'warning',
  });
  await removeStale(path.join(out, 'chunks'), new Set(Object.keys(metafile.outputs)), patience);
  const command = path.join(out, 'holger.mjs');
  await chmod(command, 0o755);
  return command;
}

/**
 * Chunks of earlier builds go, but not at once: a command that is running may still load one of
 * them.
 */
async function removeStale(folder, current, patience) {
  for (const name of await readdir(folder)) {
    const file = path.join(folder, name);
    if (current.has(path.relative(ROOT, file))) continue;
    const { mtimeMs } = await stat(file);
    if (Date.now() - mtimeMs > patience) await rm(file, { force: true });
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const fresh = process.argv.includes('--fresh');
  await buildAll(undefined, fresh ? 0 : STALE_AFTER_MS);
}
