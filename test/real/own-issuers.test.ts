// Certificates without a CA elsewhere: from a private CA and signed by their own key, on servers,
// under DANE clients. No challenge is written, and no other machine is asked.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { certificateFor, writeInstallation } from '../lab/holger-config.ts';
import { holgerCommand, runHolger } from '../lab/holger.ts';
import type { HolgerRun } from '../lab/holger.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { isRolled, look } from '../lab/observe.ts';
import { startProbes } from '../lab/probes.ts';
import type { Probes } from '../lab/probes.ts';

let lab: Lab;
let config: string;
let probes: Probes;

beforeAll(async () => {
  lab = await startLab({ index: 122, ttl: 2 });
  const { mail, www } = lab.services;
  config = await writeInstallation(lab, 'own', [
    certificateFor('mail', [mail], 'issuer = "office"'),
    certificateFor('www', [www], 'issuer = "own"'),
    '[issuer.office]\ntype = "private-ca"\npermitted = ["dane.test"]\n',
    '[issuer.own]\ntype = "self-signed"\n',
  ]);
  probes = startProbes(lab, { pauseMs: 100 });
});
afterAll(async () => {
  await probes?.stop();
  await lab?.stop();
});

const run = (...args: string[]): Promise<HolgerRun> =>
  runHolger(lab, holgerCommand(lab, config, '--json', 'run', '--wait', ...args));

test('both are enrolled and renewed, and no client fails', async () => {
  const { mail, www } = lab.services;
  const enrolled = await run();
  expect(enrolled, enrolled.told).toMatchObject({ status: 0 });
  const first = [await look(lab, mail), await look(lab, www)];
  for (const records of first[0]?.published ?? []) {
    expect(records.map((record) => record.slice(0, 5)).sort()).toEqual(['2 1 1', '3 1 1']);
  }
  for (const records of first[1]?.published ?? []) {
    expect(records.map((record) => record.slice(0, 5))).toEqual(['3 1 1']);
  }

  const renewed = await run('--force');
  expect(renewed, renewed.told).toMatchObject({ status: 0 });
  expect(isRolled(await look(lab, mail), first[0]?.served ?? [])).toBe(true);
  expect(isRolled(await look(lab, www), first[1]?.served ?? [])).toBe(true);
  for (const { events } of [enrolled, renewed]) {
    expect(events.map(({ event }) => event)).not.toContain('challenge-published');
  }
  const { count, failures } = await probes.stop();
  expect(failures).toEqual([]);
  expect(count).toBeGreaterThan(30);
});
