// Another program renews (here: holger itself, with a state and an account of its own), and holger
// takes its files: nothing that a service reads changes before DNS has the record of the new key.
import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { certificateFor, writeInstallation } from '../lab/holger-config.ts';
import { holgerCommand, runHolger } from '../lab/holger.ts';
import type { HolgerRun } from '../lab/holger.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { isRolled, keyRecordOf, look } from '../lab/observe.ts';
import { startProbes } from '../lab/probes.ts';
import type { Probes } from '../lab/probes.ts';

let lab: Lab;
let probes: Probes;
let [ours, others, folder] = ['', '', ''];

beforeAll(async () => {
  lab = await startLab({ index: 121, ttl: 2, pebbleEnv: { PEBBLE_AUTHZREUSE: '0' } });
  const { mail } = lab.services;
  folder = join(lab.dir, 'live', 'mail');
  others = await writeInstallation(lab, 'others', []);
  const issuer = `issuer = "other"`;
  const certificate = certificateFor('mail', [mail], issuer);
  const source = `[issuer.other]\ntype = "files"\nlineage = "${join(lab.dir, 'live', '{name}')}"\n`;
  ours = await writeInstallation(lab, 'ours', [certificate, source]);
  probes = startProbes(lab, { pauseMs: 100 });
});
afterAll(async () => {
  await probes?.stop();
  await lab?.stop();
});

/** The other program issues or renews, and writes its files at once. */
async function renewElsewhere(): Promise<string> {
  const { host } = lab.services.mail;
  const isFirst = !existsSync(join(folder, 'fullchain.pem'));
  const args = isFirst
    ? ['issue', host, '--directory', folder]
    : ['run', host, '--force', '--wait'];
  const issued = await runHolger(lab, holgerCommand(lab, others, '--json', ...args));
  expect(issued, issued.told).toMatchObject({ status: 0 });
  return keyRecordOf(new X509Certificate(await readFile(join(folder, 'fullchain.pem'), 'utf8')));
}

const run = (...args: string[]): Promise<HolgerRun> =>
  runHolger(lab, holgerCommand(lab, ours, '--json', 'run', 'mail', ...args));

test('without files of the other program a person is told, and nothing is ordered', async () => {
  const none = await run();
  expect(none, none.told).toMatchObject({ status: 4 });
  expect(none.told).toContain('there is no key and certificate at');
  expect(none.events.map(({ event }) => event)).not.toContain('ordered');
});

test('its first certificate is enrolled, and its renewal is rolled, and no client fails', async () => {
  const { mail } = lab.services;
  const first = await renewElsewhere();
  const enrolled = await run('--wait');
  expect(enrolled, enrolled.told).toMatchObject({ status: 0 });
  expect(enrolled.events.map(({ event }) => event)).toContain('taken');
  expect((await look(lab, mail)).served).toEqual([first]);

  const placed = await readFile(mail.certificateFile, 'utf8');
  const second = await renewElsewhere();
  expect(await readFile(mail.certificateFile, 'utf8')).toBe(placed);
  const renewed = await run('--wait');
  expect(renewed, renewed.told).toMatchObject({ status: 0 });
  const after = await look(lab, mail);
  expect(after.served).toEqual([second]);
  expect(isRolled(after, [first])).toBe(true);
  const told = renewed.events.map(({ event }) => event);
  expect(told.indexOf('published')).toBeLessThan(told.indexOf('deploying'));
  for (const { events } of [enrolled, renewed]) {
    expect(events.map(({ event }) => event)).not.toContain('ordered');
  }
  const { count, failures } = await probes.stop();
  expect(failures).toEqual([]);
  expect(count).toBeGreaterThan(30);
});

test('an idle certificate is looked at again as soon as the files change', async () => {
  const idle = await run();
  expect(idle, idle.told).toMatchObject({ status: 0 });
  await renewElsewhere();
  const woken = await run();
  expect(woken.events.map(({ event }) => event)).toContain('taken');
});
