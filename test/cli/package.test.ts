import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');

it('K32: the package contains the command and what it loads, and nothing that tests have built', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'holger-package-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const manifest = ['package.json', 'config.example.toml', 'README.md', 'LICENSE'];
  for (const file of [...manifest, 'CHANGELOG.md'].filter((it) =>
    existsSync(path.join(ROOT, it)),
  )) {
    await cp(path.join(ROOT, file), path.join(folder, file));
  }
  const built = [
    'holger.mjs',
    'holger.mjs.LEGAL.txt',
    'chunks/run-AB.mjs',
    'chunks/run-AB.mjs.LEGAL.txt',
  ];
  const notShipped = ['test/sim.mjs', 'bench/main.mjs', 'holger-0.1.0.tgz', 'notes.txt'];
  for (const name of [...built, ...notShipped]) {
    await mkdir(path.dirname(path.join(folder, 'dist', name)), { recursive: true });
    await writeFile(path.join(folder, 'dist', name), '');
  }
  const pack = ['pack', '--dry-run', '--json', '--ignore-scripts', '--offline'];
  const { stdout } = await promisify(execFile)('npm', pack, {
    cwd: folder,
    env: { ...process.env, npm_config_cache: path.join(folder, 'cache') },
  });
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
  const packed = files.map((file) => file.path).filter((it) => it.startsWith('dist/'));
  expect(packed.sort()).toEqual(built.map((name) => `dist/${name}`).sort());
});
