import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readSecret } from '../../src/config/secrets.ts';
import { runCommand } from '../../src/process/run-command.ts';

describe("K32: a command is not searched in the caller's PATH", () => {
  let folder: string;
  const before = process.cwd();
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holger-path-'));
    for (const name of ['systemctl', 'id', 'only-here']) {
      await writeFile(join(folder, name), '#!/bin/sh\necho planted\n');
      await chmod(join(folder, name), 0o755);
    }
    vi.stubEnv('PATH', `${folder}:.:${process.env['PATH'] ?? ''}`);
    process.chdir(folder);
  });
  afterEach(async () => {
    process.chdir(before);
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });
  const run = (...argv: readonly string[]) => runCommand(argv, { env: {}, timeout: 10 });

  test('the program of the system runs, and one that is only on that PATH does not', async () => {
    expect(await run('id', '-u')).toMatchObject({ output: String(process.getuid?.()) });
    expect(await run('only-here')).toMatchObject({ status: 'not-started' });
    expect(await run('sh', '-c', 'only-here 2>&1 || echo "$PATH"')).toMatchObject({
      output: expect.stringMatching(/^(?=.*not found).*\/usr\/local\/sbin:[^.]*$/) as string,
    });
  });

  test('nor in the folder of the caller', async () => {
    expect(await run('sh', 'only-here')).toMatchObject({ status: 'exited', exitStatus: 2 });
    expect(await run('pwd')).toMatchObject({ output: '/' });
  });

  test('the command that returns a secret is searched in the same way, and keeps the rest of its environment', async () => {
    vi.stubEnv('HOLGER_TEST_ADDRESS', 'there');
    const script = 'echo "$(id -u) $HOLGER_TEST_ADDRESS $(pwd)"';
    expect(await readSecret({ kind: 'command', command: ['sh', '-c', script] })).toBe(
      `${process.getuid?.() ?? ''} there /`,
    );
  });
});
