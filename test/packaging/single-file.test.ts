// The executable with Node inside, for which npm's packages are downloaded.
import { copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeSingleFile } from '../../packaging/single-file.mjs';
import { must, run } from '../lab/processes.ts';

/** Of the versions of a library's symbols that the executable needs, as README.md has it. */
function newest(executable: string, symbols: string): string | undefined {
  const versions = [...executable.matchAll(/\0(\w+)_([\d.]+)(?=\0)/g)]
    .filter(([, name]) => name === symbols)
    .map(([, , version = '']) => version);
  return versions.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
}

test('the single file works on a root without Node', async () => {
  const root = await mkdtemp(path.join(tmpdir(), 'holger-root-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const file = await makeSingleFile(path.join(root, 'holger'));
  const executable = await readFile(file, 'latin1');
  expect(newest(executable, 'GLIBC')).toBe('2.28');
  expect(newest(executable, 'GLIBCXX')).toBe('3.4.21');
  const libraries = (await must(['ldd', file])).match(/\/\S+/g) ?? [];
  for (const library of libraries) {
    await mkdir(path.join(root, path.dirname(library)), { recursive: true });
    await copyFile(library, path.join(root, library));
  }
  const holger = (...args: readonly string[]): ReturnType<typeof run> =>
    run(['unshare', '--map-root-user', 'chroot', root, '/holger', ...args], {
      env: { NODE_EXTRA_CA_CERTS: undefined },
    });
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
  expect(await holger('--version')).toMatchObject({
    status: 0,
    stdout: `${version}\n`,
    stderr: '',
  });
  expect(await holger('init')).toMatchObject({ status: 0, stderr: '' });
  const checked = await holger('config', 'check');
  expect(checked.status).toBe(2);
  expect(checked.stderr).toContain('cannot read the secret in file /etc/holger/tsig.key');
}, 180_000);
