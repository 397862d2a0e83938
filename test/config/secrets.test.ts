import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { readSecret } from '../../src/config/secrets.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'holger-secrets-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function secretFile(content: string, mode: number): Promise<string> {
  const file = path.join(folder, 'key');
  await writeFile(file, content);
  await chmod(file, mode);
  return file;
}

it.each([0o400, 0o600, 0o640])('reads a file of mode %o and drops the line end', async (mode) => {
  expect(await readSecret({ kind: 'file', file: await secretFile('s3cret\n', mode) })).toBe(
    's3cret',
  );
});

it.each([0o644, 0o604, 0o660, 0o666])('refuses a file of mode %o', async (mode) => {
  const file = await secretFile('s3cret\n', mode);
  await expect(readSecret({ kind: 'file', file })).rejects.toMatchObject({
    code: 'SECRET_UNREADABLE',
    message: expect.stringContaining('its mode is') as string,
  });
});

it('refuses an empty one and a missing one', async () => {
  const file = await secretFile('\n', 0o600);
  await expect(readSecret({ kind: 'file', file })).rejects.toThrow(/it is empty/);
  await expect(readSecret({ kind: 'file', file: `${file}.x` })).rejects.toThrow(/ENOENT/);
});

it('reads the environment and systemd credentials', async () => {
  await secretFile('s3cret', 0o440);
  vi.stubEnv('CREDENTIALS_DIRECTORY', folder);
  vi.stubEnv('HOLGER_TEST_SECRET', 'from-env');
  expect(await readSecret({ kind: 'credential', credential: 'key' })).toBe('s3cret');
  expect(await readSecret({ kind: 'env', env: 'HOLGER_TEST_SECRET' })).toBe('from-env');
  await expect(readSecret({ kind: 'env', env: 'HOLGER_TEST_UNSET' })).rejects.toThrow(/not set/);
});

it('runs a command without a shell, and prints none of its output when it fails', async () => {
  const node = (script: string) => ({
    kind: 'command' as const,
    command: [process.execPath, '-e', script],
  });
  expect(await readSecret(node('console.log("$HOME s3cret")'))).toBe('$HOME s3cret');
  const failed = await readSecret(node('console.error("s3cret"); process.exit(7)')).catch(String);
  expect(failed).toMatch(/it failed \(7\)/);
  expect(failed).not.toContain('s3cret');
});
