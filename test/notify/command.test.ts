// Programs that print, fail, hang, and read nothing.
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createCommandNotifier } from '../../src/notify/command.ts';
import type { Notice } from '../../src/ports/notifier.ts';

const notice: Notice = {
  ...{ id: 'c0ffee', at: 0, subject: 'subject', text: 'text' },
  document: { schema: 1, severity: 'critical', because: 'grün' },
};
const run = (script: string, timeout = 10, signal?: AbortSignal) =>
  createCommandNotifier({ label: 'command', command: ['/bin/sh', '-c', script], timeout }).deliver(
    notice,
    signal === undefined ? {} : { signal },
  );

test('the document comes as one line of JSON, and nothing of it as argument or environment', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holger-notify-'));
  expect(await run(`cat > ${folder}/in; env > ${folder}/env; echo done`)).toEqual({
    later: [],
    refused: [],
  });
  const input = await readFile(join(folder, 'in'), 'utf8');
  expect(input.trim().split('\n')).toHaveLength(1);
  expect(JSON.parse(input)).toEqual(notice.document);
  const env = await readFile(join(folder, 'env'), 'utf8');
  expect(env).not.toMatch(/critical|c0ffee|HOLGER/);
});

test('one that fails is not a delivery, and its last output is reported', async () => {
  await expect(run('echo no modem >&2; exit 7')).rejects.toMatchObject({
    code: 'NOTIFY_FAILED',
    message: '/bin/sh ended with status 7; its last output: no modem',
    hint: 'run the command by hand, with {} as its input',
  });
});

test('one that reads nothing succeeds all the same', async () => {
  expect(await run('exit 0')).toEqual({ later: [], refused: [] });
});

test('one that hangs is stopped at its deadline, and soon when the watch ends', async () => {
  await expect(run('sleep 60', 0.3)).rejects.toMatchObject({ code: 'NOTIFY_FAILED' });
  const began = Date.now();
  const deaf = run(`trap '' TERM; sleep 60 & wait; sleep 60`, 60, AbortSignal.timeout(200));
  await expect(deaf).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(Date.now() - began).toBeLessThan(2000);
});
