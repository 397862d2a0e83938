// SIGINT and SIGTERM at any time of a rollover: what was begun is finished and stored, and the next
// run continues from there.
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { giveUpAuthorizations } from '../lab/authorizations.ts';
import { certificateFor, writeInstallation } from '../lab/holger-config.ts';
import { installationCommand, runHolger } from '../lab/holger.ts';
import type { HolgerRun } from '../lab/holger.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { look } from '../lab/observe.ts';
import { keyRecord } from '../lab/tlsa.ts';

const LIMIT_MS = 180_000;
const MOST_RUNS = 60;

let lab: Lab;
let config: string;

beforeAll(async () => {
  lab = await startLab({ index: 85, ttl: 2, pebbleEnv: { PEBBLE_AUTHZREUSE: '0' } });
  const { mail, www } = lab.services;
  // `slow` makes the reload report that it began, and take its time; `fails` makes it fail in the
  // end.
  const script = `test -e ${flag('slow')} && { echo >${flag('begun')}; sleep 2; }; test -e ${flag('fails')} && exit 1; exec "$@"`;
  const slow = { ...www, reload: ['/bin/sh', '-c', script, 'sh', ...www.reload] };
  const certificates = [certificateFor('mail', [mail]), certificateFor('www', [slow])];
  config = await writeInstallation(lab, 'signals', certificates);
  const enrolled = await Promise.all(['mail', 'www'].map((name) => run('--wait', name)));
  for (const each of enrolled) expect(each, each.told).toMatchObject({ status: 0 });
}, LIMIT_MS);
afterAll(async () => lab?.stop());

const flag = (name: string): string => join(lab.dir, `reload.${name}`);
const argv = (...args: string[]): string[] => installationCommand(config, '--json', 'run', ...args);
const run = (...args: string[]): Promise<HolgerRun> => runHolger(lab, argv(...args));
const names = ({ events }: HolgerRun): string[] => events.map(({ event }) => event);

/**
 * Each run is asked to stop at its first event; only a wait is stopped once and then left to run.
 */
async function stoppedAtEverything(name: string): Promise<{ told: string[]; ended: HolgerRun }> {
  const told: string[] = [];
  for (let count = 0; count < MOST_RUNS; count += 1) {
    let sent = false;
    const args = told.includes('key-created') ? [] : ['--force'];
    const ended = await runHolger(lab, argv('--wait', ...args, name), ({ event }, send) => {
      if (sent || (event === 'waiting' && told.includes(event))) return;
      sent = true;
      send(count % 2 === 0 ? 'SIGINT' : 'SIGTERM');
    });
    told.push(...names(ended));
    if (ended.status === 0) return { told, ended };
    expect(ended, ended.told).toMatchObject({ status: 3, signal: null });
    expect(ended.events).toContainEqual(
      expect.objectContaining({ event: 'failed', code: 'INTERRUPTED', exit: 3 }),
    );
  }
  throw new Error(`not idle after ${MOST_RUNS} runs: ${told.join(', ')}`);
}

test(
  'a rollover that is stopped at every event: each act is done once',
  { timeout: LIMIT_MS },
  async () => {
    await giveUpAuthorizations(lab, 'mail', 'signals'); // so that the order has its challenge
    const { told } = await stoppedAtEverything('mail');
    const count = (event: string): number => told.filter((each) => each === event).length;
    const once = ['key-created', 'ordered', 'challenge-published', 'challenge-answered', 'issued'];
    for (const event of [...once, 'published', 'deploying', 'deployed', 'proven']) {
      expect(count(event), `${event} in ${told.join(', ')}`).toBe(1);
    }
    expect(count('failed')).toBeGreaterThan(5);
    const { mail } = lab.services;
    expect((await look(lab, mail)).served).toEqual([keyRecord(mail.certificateFile)]);
  },
);

/** Renews www, and sends the signals while its reload runs. */
async function stoppedWhileReloading(
  args: readonly string[],
  ...signals: NodeJS.Signals[]
): Promise<HolgerRun> {
  await writeFile(flag('slow'), '');
  await rm(flag('begun'), { force: true });
  const ended = await runHolger(lab, argv('--wait', ...args, 'www'), ({ event }, send) => {
    if (event !== 'deploying') return;
    void (async () => {
      await expect.poll(() => existsSync(flag('begun')), { timeout: 20_000 }).toBe(true);
      for (const signal of signals) {
        send(signal);
        await sleep(300); // signals at the same time count as one
      }
    })();
  });
  await rm(flag('slow'));
  return ended;
}

async function restsWith(key: string): Promise<void> {
  const ended = await run('--wait', 'www');
  expect(ended, ended.told).toMatchObject({ status: 0 });
  expect((await look(lab, lab.services.www)).served).toEqual([key]);
}

test('a reload is finished, and the next run proves it', { timeout: LIMIT_MS }, async () => {
  const { www } = lab.services;
  const ended = await stoppedWhileReloading(['--force'], 'SIGTERM');
  expect(ended, ended.told).toMatchObject({ status: 3, signal: null });
  expect(names(ended)).toContain('deployed');
  const key = keyRecord(www.certificateFile);
  await expect.poll(async () => (await look(lab, www)).served).toEqual([key]);
  const next = await run('--wait', 'www');
  expect(next, next.told).toMatchObject({ status: 0 });
  expect(names(next)).toContain('proven');
  expect(names(next)).not.toContain('deploying');
});

test(
  'a reload that fails after the signal is reported as failed',
  { timeout: LIMIT_MS },
  async () => {
    await writeFile(flag('fails'), '');
    const ended = await stoppedWhileReloading(['--force'], 'SIGINT');
    expect(ended, ended.told).toMatchObject({ status: 3, signal: null });
    const { stdout } = await lab.run(installationCommand(config, '--json', 'status', 'www'));
    expect(JSON.parse(stdout)).toMatchObject({
      certificates: [{ trouble: { code: 'RELOAD_FAILED' } }],
    });
    await rm(flag('fails'));
    await restsWith(keyRecord(lab.services.www.certificateFile));
  },
);

test(
  'a second signal ends it at once, and the next run continues',
  { timeout: LIMIT_MS },
  async () => {
    const ended = await stoppedWhileReloading(['--force'], 'SIGTERM', 'SIGINT');
    expect(ended).toMatchObject({ signal: 'SIGINT' });
    expect(names(ended)).not.toContain('deployed');
    const certificate = await readFile(lab.services.www.certificateFile, 'utf8');
    await restsWith(keyRecord(lab.services.www.certificateFile));
    expect(await readFile(lab.services.www.certificateFile, 'utf8')).toBe(certificate);
  },
);
