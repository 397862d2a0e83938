// Certificates that are removed from the configuration, on real servers, while DANE clients
// connect: none is refused, and no record stays.
import { X509Certificate } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installationCommand } from '../lab/holger.ts';
import { certificateFor, writeInstallation } from '../lab/holger-config.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { keyRecordOf, look } from '../lab/observe.ts';
import { startProbes } from '../lab/probes.ts';
import type { Probes } from '../lab/probes.ts';
import type { RunResult } from '../lab/processes.ts';

const LIMIT_MS = 240_000;
const SIGKILL = 137;

let lab: Lab;
let config: string;
let probes: Probes;

beforeAll(async () => {
  lab = await startLab({ index: 85, ttl: 2, pebbleEnv: { PEBBLE_AUTHZREUSE: '100' } });
  await configure(mail(), www());
  await succeeds('run', '--wait');
  probes = startProbes(lab, { pauseMs: 500 });
}, LIMIT_MS);
afterAll(async () => {
  await probes?.stop();
  await lab?.stop();
});

const mail = (name = 'mail', more = ''): string => certificateFor(name, [lab.services.mail], more);
const www = (name = 'www', more = ''): string => certificateFor(name, [lab.services.www], more);
async function configure(...certificates: readonly string[]): Promise<void> {
  config = await writeInstallation(lab, 'leaving', certificates);
}

const holger = (args: readonly string[], env: Record<string, string> = {}): Promise<RunResult> =>
  lab.run(installationCommand(config, ...args), { timeoutMs: LIMIT_MS, env });
async function succeeds(...args: string[]): Promise<RunResult> {
  const ended = await holger(args);
  expect(ended, `${args.join(' ')}\n${ended.stdout}${ended.stderr}`).toMatchObject({ status: 0 });
  return ended;
}
const state = (...path: string[]): string => join(lab.dir, 'leaving', ...path);

describe('K5: no record stays after its certificate', () => {
  test('dane = false withdraws them before anything else', { timeout: LIMIT_MS }, async () => {
    await configure(mail(), www('www', 'dane = false'));
    await succeeds('run', '--wait');
    for (const records of (await look(lab, lab.services.www)).published) {
      expect(records).toEqual([]);
    }
    await configure(mail(), www());
    await succeeds('run', '--wait');
    const { served, published } = await look(lab, lab.services.www);
    for (const records of published) expect(records).toEqual(expect.arrayContaining([...served]));
  });

  test(
    'a removed certificate is named by run, status and check',
    { timeout: LIMIT_MS },
    async () => {
      await configure(mail());
      const { stderr } = await succeeds('run');
      const told = stderr.replaceAll(/\s+/g, ' ');
      expect(told).toContain('certificate "www" is not configured any more');
      expect(told).toContain('holger delete www');
      expect(stderr).toMatch(/^ +3 1 1 [0-9a-f]{64}$/m);
      const status = JSON.parse((await succeeds('--json', 'status')).stdout) as object;
      expect(status).toMatchObject({ leftBehind: expect.arrayContaining([expect.anything()]) });
      // The resolver keeps the answer of the test before, that there are no records, for its TTL.
      const checked = async (): Promise<string> => (await holger(['check', '--configured'])).stdout;
      await expect.poll(checked, { timeout: 30_000 }).toContain('unwanted-records');
      expect(await checked()).toContain(lab.services.www.host);
    },
  );

  test(
    'delete withdraws, waits, archives; killed at any instant it continues',
    { timeout: LIMIT_MS },
    async () => {
      await configure(mail(), www());
      expect(await holger(['delete', 'www'])).toMatchObject({ status: 2 });
      await configure(mail());
      const before = await look(lab, lab.services.www);
      const dry = await succeeds('delete', 'www', '--dry-run');
      expect(dry.stdout.replaceAll(/\s+/g, ' ')).toContain('- 3 1 1');
      expect(await look(lab, lab.services.www)).toEqual(before);
      for (const crash of ['before publish', 'after publish', 'before archive', 'after archive']) {
        const killed = await holger(['delete', 'www', '--wait'], { HOLGER_TEST_CRASH_AT: crash });
        expect(killed.status, `${crash}: ${killed.stdout}${killed.stderr}`).toBe(SIGKILL);
      }
      await succeeds('run', '--wait');
      const { published, served } = await look(lab, lab.services.www);
      for (const records of published) expect(records).toEqual([]);
      // The files at the deploy target belong to the operator.
      expect(served).toEqual(before.served);
      const [archived = ''] = await readdir(state('archive'));
      expect(archived).toMatch(/^www-/);
      expect(await readFile(state('archive', archived, '1', 'privkey.pem'), 'utf8')).toContain(
        'KEY',
      );
      const documents = await readdir(state('documents'));
      const left = documents.filter(
        (name) => name.includes('www') && !name.startsWith('challenge'),
      );
      expect(left).toEqual([]);
      expect((await succeeds('run')).stderr).not.toContain('not configured any more');
      expect(await holger(['delete', 'www'])).toMatchObject({ status: 2 });
    },
  );

  test('and it can be ordered again', { timeout: LIMIT_MS }, async () => {
    await configure(mail(), www());
    await succeeds('run', '--wait');
    const { served, published } = await look(lab, lab.services.www);
    for (const records of published) expect(records).toEqual(expect.arrayContaining([...served]));
  });
});

/** Of generation 1 in a folder of the state. */
async function keyIn(...folder: string[]): Promise<string> {
  const pem = await readFile(state(...folder, '1', 'fullchain.pem'), 'utf8');
  return keyRecordOf(new X509Certificate(pem));
}

describe('K5: a certificate with another name continues as it was', () => {
  test(
    'the first run begins a new certificate and names holger rename; rename, killed at any instant, is finished by the next run',
    { timeout: LIMIT_MS },
    async () => {
      const refused = await holger(['rename', 'www', 'web']);
      expect(refused).toMatchObject({ status: 2 });
      expect(refused.stderr.replaceAll(/\s+/g, ' ')).toContain('set name = "web"');
      const before = await look(lab, lab.services.www);
      await configure(mail(), www('web'));
      const { stderr } = await succeeds('run');
      expect(stderr.replaceAll(/\s+/g, ' ')).toContain('holger rename www web');

      const dry = await succeeds('rename', 'www', 'web', '--dry-run');
      expect(dry.stdout).toContain('take over keys, chains and state of "www"');
      const crashes = ['rename begun', 'rename archive', 'rename copy', 'rename files'];
      for (const crash of [
        ...crashes.map((at) => `after ${at}`),
        'before remove certificate/www',
      ]) {
        const killed = await holger(['rename', 'www', 'web'], { HOLGER_TEST_CRASH_AT: crash });
        expect(killed.status, `${crash}: ${killed.stdout}${killed.stderr}`).toBe(SIGKILL);
      }
      const { stdout } = await succeeds('--json', 'run', '--wait');
      expect(stdout).toContain('"event":"renamed"');
      // Nothing was deployed, and what the run before the rename had published is withdrawn.
      const { served, published } = await look(lab, lab.services.www);
      expect(served).toEqual(before.served);
      const [replaced = ''] = (await readdir(state('archive'))).filter((name) =>
        name.startsWith('web'),
      );
      const unused = await keyIn('archive', replaced);
      expect(served).not.toContain(unused);
      for (const records of published) {
        expect(records).toEqual(expect.arrayContaining([...served]));
        expect(records).not.toContain(unused);
      }
      const left = (await readdir(state('documents'))).filter((name) => /^\w+%2Fwww/.test(name));
      expect(left).toEqual([]);
      expect(await readdir(state('certificates', 'www'))).toEqual(['live']);
      expect(served).toContain(await keyIn('certificates', 'web'));
    },
  );

  test('it renews under the new name', { timeout: LIMIT_MS }, async () => {
    const before = await look(lab, lab.services.www);
    await succeeds('run', '--wait', '--force', 'web');
    const { served, published } = await look(lab, lab.services.www);
    expect(served).not.toEqual(before.served);
    for (const records of published) expect(records).toEqual(expect.arrayContaining([...served]));
    // A reader under the old name has the new certificate too.
    const read = async (name: string): Promise<string> =>
      readFile(state('certificates', name, 'live', 'fullchain.pem'), 'utf8');
    expect(await read('www')).toBe(await read('web'));
    expect(await holger(['rename', 'www', 'web', '--wait'])).toMatchObject({ status: 0 });
    expect((await succeeds('run')).stderr).not.toContain('not configured any more');
  });
});

test('no client was refused', async () => {
  const { failures, secureCount } = await probes.stop();
  expect(failures).toEqual([]);
  expect(secureCount).toBeGreaterThan(20);
});
