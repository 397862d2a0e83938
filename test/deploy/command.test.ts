import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createCommandTarget } from '../../src/deploy/command.ts';
import { createLiveFolderTarget } from '../../src/deploy/live-folder.ts';
import { runCommand } from '../../src/process/run-command.ts';
import { pems, somePackage, temporaryFolder } from './packages.ts';

const sh = (script: string): string[] => ['/bin/sh', '-c', script];
const run = (script: string, options = {}) =>
  runCommand(sh(script), { env: {}, timeout: 10, ...options });

/** A zombie has ended; pid 1 has to collect it, which in a container often does not. */
function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

test('a command gets names and paths in its environment and as JSON, never key material', async () => {
  const folder = await temporaryFolder();
  process.env['HOLGER_TEST_SECRET'] = 'api token';
  const command = sh(`env > ${folder}/env; cat > ${folder}/json`);
  await createCommandTarget({ command, timeout: 10 }).place(somePackage());
  delete process.env['HOLGER_TEST_SECRET'];
  const env = await readFile(join(folder, 'env'), 'utf8');
  const json = await readFile(join(folder, 'json'), 'utf8');
  const names = env
    .trim()
    .split('\n')
    .map((line) => line.split('=')[0] ?? '')
    .filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name));
  expect(names.filter((name) => !name.startsWith('HOLGER_'))).toEqual(
    expect.arrayContaining(['PATH']),
  );
  expect(names.every((name) => /^(PATH|LANG|HOME|HOLGER_[A-Z]+)$/.test(name))).toBe(true);
  expect(env).toContain('HOLGER_KEY=/var/lib/holger/certificates/mx1/1/privkey.pem\n');
  expect(env).toContain('HOLGER_DOMAINS=mx1.example.org mail.example.org\n');
  expect(env).not.toContain('api token');
  expect(JSON.parse(json)).toMatchObject({
    schema: 1,
    certificate: 'mx1',
    generation: 1,
    files: { fullchain: '/var/lib/holger/certificates/mx1/1/fullchain.pem' },
  });
  const secret = pems.privkey.split('\n')[1] ?? '';
  expect(env + json).not.toContain(secret);
});

test('a command gets no path of a key that is not here', async () => {
  const folder = await temporaryFolder();
  const { privkey: _elsewhere, ...rest } = pems;
  const command = sh(`env > ${folder}/env; cat > ${folder}/json`);
  const target = createCommandTarget({ command, timeout: 10 });
  await target.place({ ...somePackage(), pems: rest });
  const env = await readFile(join(folder, 'env'), 'utf8');
  expect(env).not.toMatch(/HOLGER_KEY|HOLGER_COMBINED|privkey/);
  expect(env).toContain('HOLGER_FULLCHAIN=/var/lib/holger/certificates/mx1/1/fullchain.pem\n');
  const { files } = JSON.parse(await readFile(join(folder, 'json'), 'utf8')) as { files: object };
  expect(Object.keys(files)).toEqual(['cert', 'chain', 'fullchain']);
});

test('status 75 asks for a later try, any other is a failure', async () => {
  const place = (script: string) =>
    createCommandTarget({ command: sh(script), timeout: 10 }).place(somePackage());
  await expect(place('exit 75')).rejects.toMatchObject({
    code: 'DEPLOY_FAILED',
    message: '/bin/sh asks to be tried again later',
    details: { exitStatus: 75, tryLater: true },
  });
  await expect(place('echo no; exit 1')).rejects.toMatchObject({
    code: 'DEPLOY_FAILED',
    message: '/bin/sh ended with status 1; its last output: no',
  });
  await expect(place('kill -SEGV $$')).rejects.toThrow('/bin/sh was ended by SIGSEGV');
});

test('targets that cannot report what is in place say so', async () => {
  const command = createCommandTarget({ command: sh('exit 1'), timeout: 1 });
  await command.reload(somePackage());
  expect(await command.placed({})).toEqual([]);
  const live = createLiveFolderTarget();
  await live.place(somePackage());
  expect(await live.placed({})).toEqual([]);
});

test('a command that does not exist is an error, not a crash', async () => {
  expect(await runCommand(['/nonexistent'], { env: {}, timeout: 5 })).toMatchObject({
    status: 'not-started',
    reason: expect.stringContaining('ENOENT'),
  });
  expect(await runCommand(['/etc/passwd'], { env: {}, timeout: 5 })).toMatchObject({
    status: 'not-started',
  });
  expect((await runCommand([], { env: {}, timeout: 5 })).status).toBe('not-started');
});

test('after the deadline the whole process group is stopped', async () => {
  const folder = await temporaryFolder();
  const outcome = await run(`sleep 60 & echo $! > ${folder}/pid; echo begun; wait`, {
    timeout: 0.3,
  });
  expect(outcome).toEqual({ status: 'timeout', output: 'begun' });
  const pid = Number(await readFile(join(folder, 'pid'), 'utf8'));
  await sleep(50);
  expect(isRunning(pid)).toBe(false);
});

test('a timeout of a target has its own code', async () => {
  const target = createCommandTarget({ command: sh('sleep 60'), timeout: 0.1 });
  await expect(target.place(somePackage())).rejects.toMatchObject({ code: 'RELOAD_TIMEOUT' });
});

test('only the end of a long output is kept, on one line without control characters', async () => {
  const outcome = await run(
    'yes padding | head -c 500000; printf "\\n\\033[31mthe\\tend\\n"; exit 1',
  );
  expect(outcome).toMatchObject({ status: 'exited', exitStatus: 1 });
  const output = 'output' in outcome ? outcome.output : '';
  expect(output.length).toBeLessThan(5000);
  expect(output).toMatch(/padding \| +\[31mthe end$/);
  expect(output).not.toContain('\n');
});

test('a command that does not read its input succeeds', async () => {
  const input = 'x'.repeat(1_000_000);
  expect(await run('exec 0<&-; exit 0', { input })).toMatchObject({ exitStatus: 0 });
});

test('a daemon that keeps the output open does not delay holger and is left alone', async () => {
  const folder = await temporaryFolder();
  const started = Date.now();
  const outcome = await run(`sleep 30 & echo $! > ${folder}/pid; echo up`);
  expect(outcome).toMatchObject({ status: 'exited', exitStatus: 0, output: 'up' });
  expect(Date.now() - started).toBeLessThan(3000);
  const pid = Number(await readFile(join(folder, 'pid'), 'utf8'));
  expect(isRunning(pid)).toBe(true);
  process.kill(pid);
});
