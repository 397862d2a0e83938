// Builds dist/: an ESM bundle, split so that a command loads only what it needs. `node build.mjs`, or import { buildAll }.
import { chmod, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const ROOT = import.meta.dirname;

// CommonJS packages inside an ESM bundle call require() for node's own modules.
const BANNER = `import { createRequire as __createRequire } from 'node:module';
const require = __createRequire(import.meta.url);`;

/** @returns the path of the command */
export async function buildAll(out = path.join(ROOT, 'dist')) {
  const manifest = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8'));
  await rm(out, { recursive: true, force: true });
  await build({
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
    logLevel: 'warning',
  });
  const command = path.join(out, 'holger.mjs');
  await chmod(command, 0o755);
  return command;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await buildAll();
}
