// The main task on real servers, judged from outside: two services that run without TLSA are
// enrolled, then renewed while a secondary lags, and independent DANE clients connect all the time.
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeHolgerConfig } from '../lab/holger-config.ts';
import { holgerCommand, runHolger } from '../lab/holger.ts';
import type { HolgerEvent, HolgerRun } from '../lab/holger.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { look } from '../lab/observe.ts';
import { startProbes } from '../lab/probes.ts';
import type { Probes } from '../lab/probes.ts';

const TTL = 3;
const MARGIN = 1;
let lab: Lab;
let config: string;
let probes: Probes;

beforeAll(async () => {
  // With one secondary behind no challenge can be met; the authorization of the enrolment is
  // reused.
  lab = await startLab({ index: 30, ttl: TTL, pebbleEnv: { PEBBLE_AUTHZREUSE: '100' } });
  config = await writeHolgerConfig(lab);
  probes = startProbes(lab, { pauseMs: 100 });
});
afterAll(async () => {
  await probes.stop();
  await lab.stop();
});

function run(...args: string[]): Promise<HolgerRun> {
  return runHolger(lab, holgerCommand(lab, config, '--json', 'run', ...args));
}

function timeOf(events: readonly HolgerEvent[], event: string, certificate: string): number {
  const found = events.find((item) => item.event === event && item['certificate'] === certificate);
  return Date.parse(String(found?.['at'])) / 1000;
}

async function status(certificate: string): Promise<Record<string, unknown> | undefined> {
  const { stdout } = await lab.run(holgerCommand(lab, config, '--json', 'status'));
  const document = JSON.parse(stdout) as { certificates: Record<string, unknown>[] };
  return document.certificates.find((row) => row['certificate'] === certificate);
}

/**
 * Each service presents one key; every address of every server holds its record, CA records, and
 * nothing else.
 */
async function restsAt(): Promise<string[]> {
  const keys: string[] = [];
  for (const service of Object.values(lab.services)) {
    const { served, published } = await look(lab, service);
    expect(served).toHaveLength(1);
    for (const records of published) {
      expect(records.filter((record) => record.startsWith('3 1 1'))).toEqual(served);
      expect(records.filter((record) => record.startsWith('2 1 1')).length).toBeGreaterThan(0);
    }
    keys.push(...served);
  }
  return keys;
}

test('two services without TLSA are enrolled, then renewed past a lagging secondary, and no client fails', async () => {
  const enrolled = await run('--wait');
  expect(enrolled.stderr).not.toMatch(/"level":"(warn|error)"/);
  expect(enrolled.status).toBe(0);
  const firstKeys = await restsAt();
  expect(await status('mail')).toMatchObject({ phase: 'idle', generation: 1 });

  // Nothing is due: nothing is done.
  const idle = await run();
  expect(idle.events.map(({ event }) => event)).toEqual(['done', 'done', 'summary']);

  await lab.freezeKnot();
  const renewing = await run('--force');
  expect(renewing.status).toBe(0);
  expect(renewing.events.map(({ event }) => event)).not.toContain('deploying');
  // Far longer than the wait would be if it had started with the faster servers.
  await sleep((2 * TTL + MARGIN + 3) * 1000);
  const held = await run();
  expect(held.status).toBe(0);
  expect(held.events.map(({ event }) => event)).not.toContain('deploying');
  expect(JSON.stringify(held.events)).toContain(
    `still served by ${lab.servers.knot.v4}, ${lab.servers.knot.v6}`,
  );
  expect(await restsUnchanged(firstKeys)).toBe(true);
  expect(await status('mail')).toMatchObject({
    phase: 'waiting',
    waitingFor: 'other name servers to have the change',
  });

  await lab.thawKnot();
  const done = await run('--wait');
  expect(done.status).toBe(0);
  for (const certificate of ['mail', 'www']) {
    const caughtUp = timeOf(done.events, 'served-everywhere', certificate);
    const deployed = timeOf(done.events, 'deploying', certificate);
    // Whole seconds in the events: up to one second may be cut from either.
    expect(deployed - caughtUp).toBeGreaterThanOrEqual(2 * TTL + MARGIN - 1);
  }
  const secondKeys = await restsAt();
  expect(secondKeys.some((key) => firstKeys.includes(key))).toBe(false);

  await sleep(2 * TTL * 1000);
  const { count, secureCount, failures } = await probes.stop();
  expect(failures).toEqual([]);
  expect(count).toBeGreaterThanOrEqual(200);
  expect(secureCount).toBeGreaterThan(count / 2);
});

async function restsUnchanged(keys: readonly string[]): Promise<boolean> {
  const services = Object.values(lab.services);
  const seen = await Promise.all(services.map((service) => look(lab, service)));
  return seen.every(({ served }) => served.length === 1 && keys.includes(served[0] ?? ''));
}

test('private keys are in files that no other user may read, and in no output', async () => {
  const { stdout } = await lab.run([
    ...['find', `${lab.dir}/holger`, '-type', 'f', '-perm', '/077'],
    ...['-o', '-type', 'd', '-path', '*certificates*', '-perm', '/077'],
  ]);
  expect(stdout).toBe('');
  const secret = (await readFile(lab.tsig.secretFile, 'utf8')).trim();
  const { stdout: text, stderr } = await lab.run(holgerCommand(lab, config, '-v', '-v', 'run'));
  expect(`${text}${stderr}`).not.toContain(secret);
  expect(`${text}${stderr}`).not.toContain('PRIVATE KEY');
});
