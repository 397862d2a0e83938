// What the commands of [run] are given, and what their failures are.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRunCommands } from '../../src/deploy/run-commands.ts';
import { temporaryFolder } from './packages.ts';

const sh = (script: string): string[] => ['/bin/sh', '-c', script];

const commands = (script: string, timeout = 10) =>
  createRunCommands({ before: sh(script), after: sh(script), timeout });

test('what is not configured does not exist', () => {
  expect(createRunCommands({ before: undefined, after: undefined, timeout: 10 })).toEqual({});
});

test('they get a clean environment, and start in the root folder', async () => {
  const out = join(await temporaryFolder(), 'out');
  process.env['HOLGER_TEST_SECRET'] = 'api token';
  await commands(`env > ${out}; pwd >> ${out}`).before?.run();
  delete process.env['HOLGER_TEST_SECRET'];
  const text = await readFile(out, 'utf8');
  const names = text.split('\n').map((line) => line.split('=')[0] ?? '');
  const known = ['PATH', 'LANG', 'HOME', 'PWD', 'OLDPWD', 'SHLVL', '_', '/', ''];
  expect(names.filter((name) => !known.includes(name))).toEqual([]);
  expect(text).toMatch(/\n\/\n$/);
});

test('a failure says which command, how it ended, and the end of its output on one line', async () => {
  const { before, after } = commands(
    "head -c 5000 /dev/zero | tr '\\0' x; echo; echo last line; exit 3",
  );
  const failure = await before?.run().catch((error: unknown) => error);
  expect(failure).toMatchObject({
    ...{ code: 'BEFORE_FAILED', exit: 3, details: { exitStatus: 3, isStarted: true } },
    message: expect.stringMatching(
      /^nothing was ordered or deployed, because before of \[run\] failed: \/bin\/sh ended with status 3; its last output: [^\n]{1,2100}last line$/,
    ),
  });
  await expect(after?.run()).rejects.toMatchObject({
    ...{ code: 'AFTER_FAILED', exit: 4 },
    message: expect.stringMatching(/^after of \[run\]: \/bin\/sh ended with status 3/),
  });
});

test('one that takes too long is stopped', async () => {
  const { before, after } = commands('sleep 60', 0.2);
  const [first, second] = await Promise.allSettled([before?.run(), after?.run()]);
  expect(first).toMatchObject({ reason: { code: 'BEFORE_FAILED', details: { isStarted: true } } });
  expect(second).toMatchObject({ reason: { code: 'AFTER_FAILED' } });
});

test('K43: one that cannot be started is refused: no later run could start it', async () => {
  const argv = [join(await temporaryFolder(), 'none')];
  const { before, after } = createRunCommands({ before: argv, after: argv, timeout: 10 });
  await expect(before?.run()).rejects.toMatchObject({
    ...{ code: 'BEFORE_REFUSED', exit: 4, details: { isStarted: false } },
  });
  await expect(after?.run()).rejects.toMatchObject({ code: 'AFTER_FAILED', exit: 4 });
});
