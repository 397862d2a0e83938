// Which key a renewal gets, on real servers: with the next key's record always in DNS, or with the
// same key again, a renewal does not wait. Judged from outside, while DANE clients connect.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import { certificateFor, writeInstallation } from '../lab/holger-config.ts';
import { installationCommand, runHolger } from '../lab/holger.ts';
import type { HolgerRun } from '../lab/holger.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab, LabService } from '../lab/lab.ts';
import { look, servedSerials } from '../lab/observe.ts';
import { startProbes } from '../lab/probes.ts';
import type { Probes } from '../lab/probes.ts';

/** Other tests share the machine. */
const LIMIT_MS = 180_000;

let lab: Lab;
let config: string;
let probes: Probes;

beforeAll(async () => {
  lab = await startLab({ index: 82, ttl: 2 });
  const { mail, www } = lab.services;
  config = await writeInstallation(lab, 'strategies', [
    certificateFor('mail', [mail], 'strategy = "prepublished"'),
    certificateFor('www', [www], 'strategy = "reuse-key"'),
  ]);
  probes = startProbes(lab, { pauseMs: 1_000 });
  const enrolled = await run('--wait');
  expect(enrolled, enrolled.told).toMatchObject({ status: 0 });
}, LIMIT_MS);
afterAll(async () => {
  await probes?.stop();
  await lab?.stop();
});

const run = (...args: string[]): Promise<HolgerRun> =>
  runHolger(lab, installationCommand(config, '--json', 'run', ...args));

const names = ({ events }: HolgerRun): string[] => events.map(({ event }) => event);
const patience = { timeout: 30_000, interval: 200 };

/**
 * The same set at every address of every name server; the last write is still in progress when
 * holger ends.
 */
async function published(service: LabService): Promise<readonly string[]> {
  await expect
    .poll(async () => new Set((await look(lab, service)).published.map(String)).size, patience)
    .toBe(1);
  const [first = []] = (await look(lab, service)).published;
  return first;
}

const keysIn = (records: readonly string[]): string[] =>
  records.filter((record) => record.startsWith('3 1 1'));

test('prepublished: the next key has its record before it is needed, so a renewal is deployed by the call that orders it', async () => {
  const { mail } = lab.services;
  const before = await look(lab, mail);
  const known = keysIn(await published(mail));
  expect(known).toHaveLength(2);
  expect(known).toEqual(expect.arrayContaining([...before.served]));

  // Until no cache can hold the set without the next key's record any more: its TTL of 2 s, the
  // floor and the margin of the lab.
  await sleep(6_000);

  // Without --wait: a call that has to wait for caches ends there.
  const renewed = await run('--force', 'mail');
  expect(renewed, renewed.told).toMatchObject({ status: 0 });
  const told = names(renewed);
  expect(told, JSON.stringify(renewed.events)).toContain('proven');
  // Nothing was written between the order and the deployment.
  expect(told.slice(told.indexOf('ordered'), told.indexOf('deploying'))).not.toContain('published');
  const { served } = await look(lab, mail);
  expect(served).toEqual(known.filter((key) => !before.served.includes(key)));

  // The key after that one takes the place of the old one.
  const settled = await run('--wait', 'mail');
  expect(settled, settled.told).toMatchObject({ status: 0 });
  const after = keysIn(await published(mail));
  expect(after).toHaveLength(2);
  expect(after).toEqual(expect.arrayContaining([...served]));
  expect(after).not.toEqual(expect.arrayContaining([...before.served]));
});

test('reuse-key: a renewal is a new certificate for the same key, and DNS does not change', async () => {
  const { www } = lab.services;
  const updates = async (): Promise<number> => {
    const log = await readFile(join(lab.dir, 'log/primary.log'), 'utf8');
    return log.split(`'${www.tlsaOwner.slice(0, -1)}' TLSA`).length - 1;
  };
  const keys = (await look(lab, www)).served;
  const serials = await servedSerials(lab, www);
  const records = await published(www);
  const count = await updates();
  expect(count).toBeGreaterThan(0);

  const renewed = await run('--force', 'www');
  expect(renewed, renewed.told).toMatchObject({ status: 0 });
  expect(names(renewed)).toContain('proven');
  expect(names(renewed)).not.toContain('published');
  expect((await look(lab, www)).served).toEqual(keys);
  const now = await servedSerials(lab, www);
  expect(now).toHaveLength(1);
  expect(now).not.toEqual(serials);
  expect(await published(www)).toEqual(records);
  expect(await updates()).toBe(count);
});

test('no client was refused', async () => {
  const { secureCount, failures } = await probes.stop();
  expect(failures).toEqual([]);
  expect(secureCount).toBeGreaterThan(20);
});
