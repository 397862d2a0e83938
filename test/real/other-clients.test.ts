// certbot, dehydrated and lego of Debian renew against the lab's CA, and call holger in their
// hooks; holger takes what they renew. acme.sh is not in Debian: its files are laid out as it
// documents them. Clients with DANE connect all the time, and none may be refused.
import { X509Certificate } from 'node:crypto';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { everything } from '../app/import-folders.ts';
import { certificateFor, writeInstallation } from '../lab/holger-config.ts';
import { installationCommand, runHolger } from '../lab/holger.ts';
import type { HolgerRun } from '../lab/holger.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { keyRecordOf, look } from '../lab/observe.ts';
import { startCertbot, startDehydrated, startLego } from '../lab/other-clients.ts';
import type { OtherClient } from '../lab/other-clients.ts';
import { run as runCommand } from '../lab/processes.ts';
import type { RunResult } from '../lab/processes.ts';
import { startProbes } from '../lab/probes.ts';
import type { Probes } from '../lab/probes.ts';

let lab: Lab;
let probes: Probes;
let config = '';
let certbot: OtherClient;
let lego: OtherClient;

beforeAll(async () => {
  // dehydrated does not try again after a nonce that the CA refuses.
  const pebbleEnv = { PEBBLE_AUTHZREUSE: '0', PEBBLE_WFE_NONCEREJECT: '0' };
  lab = await startLab({ index: 131, ttl: 2, pebbleEnv });
  config = join(lab.dir, 'ours.toml');
  probes = startProbes(lab, { pauseMs: 100 });
}, 120_000);
afterAll(async () => {
  await probes?.stop();
  await lab?.stop();
});

/** The command line of a hook; `arguments` as a page shows them. */
const hook = (shown: string): string =>
  `${process.execPath} ${join(process.cwd(), 'dist/holger.mjs')} --config ${config} ${shown.replace(/^holger /, '')}`;

/** The one certificate comes from the files of another client from now on. */
async function takeFrom(name: string, source: string): Promise<void> {
  const { mail } = lab.services;
  const certificate = certificateFor('mail', [mail], `issuer = "${name}"`);
  await writeInstallation(lab, 'ours', [
    certificate,
    `[issuer.${name}]\ntype = "files"\n${source}\n`,
  ]);
}

const run = (...args: string[]): Promise<HolgerRun> =>
  runHolger(lab, installationCommand(config, '--json', 'run', ...args));

async function renews(client: OtherClient, calls = true): Promise<string> {
  const renewed = await client.renew();
  expect(renewed, renewed.stdout + renewed.stderr).toMatchObject({ status: 0 });
  if (calls) expect(renewed.stdout + renewed.stderr).toContain('the next run looks at mail');
  return keyRecordOf(new X509Certificate(await readFile(client.certificate, 'utf8')));
}

/** From the renewal by the other client to the proof of the deployment. */
async function rolls(record: string): Promise<void> {
  const { mail } = lab.services;
  const before = await look(lab, mail);
  expect(before.served).not.toEqual([record]);
  const rolled = await run('--wait');
  expect(rolled, rolled.told).toMatchObject({ status: 0 });
  expect(rolled.events.map(({ event }) => event)).toContain('taken');
  expect((await look(lab, mail)).served).toEqual([record]);
}

/** A command of the page, with the folders of this lab. */
function typed(shown: string, name: string): Promise<RunResult> {
  const [, ...args] = shown.replace('/etc/letsencrypt', certbot.folder).split(' ');
  const at = ['--config', join(lab.dir, `${name}.toml`), '--state', join(lab.dir, name)];
  return runCommand([process.execPath, 'dist/holger.mjs', ...at, ...args]);
}

test('certbot renews twice with the hook installed, and no client is refused', async () => {
  certbot = await startCertbot(lab, lab.services.mail.host, hook('holger hook certbot --deploy'));
  await takeFrom('certbot', `lineage = "${join(certbot.folder, 'live/{name}')}"`);
  // Programs of this folder run after renewals, and not after the first issuance.
  await rolls(await renews(certbot, false));
  for (let count = 0; count < 2; count += 1) await rolls(await renews(certbot));
}, 900_000);

test('the folder of certbot is imported, and nothing in it changes', async () => {
  const before = await everything(certbot.folder);
  const dry = await typed('holger import certbot /etc/letsencrypt --dry-run', 'dry');
  expect(dry, dry.stderr).toMatchObject({ status: 0 });
  const whole = await typed('holger import certbot /etc/letsencrypt', 'whole');
  expect(whole, whole.stderr).toMatchObject({ status: 0 });
  const adopted = await typed('holger import certbot /etc/letsencrypt --adopt', 'adopted');
  expect(adopted, adopted.stdout + adopted.stderr).toMatchObject({ status: 0 });
  expect(adopted.stdout).toMatch(/adopted .*: key and certificate/);
  const kept = await typed('holger import certbot /etc/letsencrypt --keep-client', 'kept');
  expect(kept, kept.stderr).toMatchObject({ status: 0 });
  expect(await everything(certbot.folder)).toEqual(before);
  const text = await readFile(join(lab.dir, 'whole.toml'), 'utf8');
  expect(text).toContain(`directory = "${lab.acme.directory}"`);
  expect(text).toContain(`domains = ["${lab.services.mail.host}"]`);
  expect(whole.stdout).toContain(`stored the account key for ${lab.acme.directory}`);
  expect(await readFile(join(lab.dir, 'kept.toml'), 'utf8')).toContain(
    `lineage = "${certbot.folder}/live/{name}"`,
  );
  for (const name of ['whole', 'kept']) {
    const checked = await typed('holger config check', name);
    expect(checked.stdout + checked.stderr).not.toMatch(/error/);
  }
}, 600_000);

test('the account that was imported is the one at the CA', async () => {
  const file = join(lab.dir, 'whole.toml');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace('[acme]\n', `[acme]\nca_file = "${lab.acme.caFile}"\n`));
  const shown = await typed('holger account show', 'whole');
  expect(shown, shown.stderr).toMatchObject({ status: 0 });
  expect(shown.stdout).toMatch(/valid/);
}, 600_000);

test('dehydrated renews twice, and no client is refused', async () => {
  const call = hook('holger hook dehydrated');
  const dehydrated = await startDehydrated(lab, lab.services.mail.host, call);
  await takeFrom('dehydrated', `lineage = "${join(dehydrated.folder, 'certs/{name}')}"`);
  for (let count = 0; count < 3; count += 1) await rolls(await renews(dehydrated));
  const imported = await typed(`holger import dehydrated ${dehydrated.folder} --dry-run`, 'dry');
  expect(imported, imported.stderr).toMatchObject({ status: 0 });
  expect(imported.stdout).toContain(`would store the account key for ${lab.acme.directory}`);
}, 900_000);

test('lego renews twice, and no client is refused', async () => {
  const { host } = lab.services.mail;
  lego = await startLego(lab, host, hook('holger hook lego --deploy'));
  const at = join(lego.folder, 'certificates', host);
  await takeFrom('lego', `certificate = "${at}.crt"\nkey = "${at}.key"`);
  for (let count = 0; count < 3; count += 1) await rolls(await renews(lego));
}, 900_000);

test('files of acme.sh are taken when its reload command calls the hook', async () => {
  const { host } = lab.services.mail;
  const home = join(lab.dir, 'acme.sh', `${host}_ecc`);
  const files = { CERT_FULLCHAIN_PATH: join(home, 'fullchain.cer') };
  const key = join(home, `${host}.key`);
  await takeFrom('acme-sh', `certificate = "${files.CERT_FULLCHAIN_PATH}"\nkey = "${key}"`);
  await mkdir(home, { recursive: true, mode: 0o700 });
  for (let count = 0; count < 2; count += 1) {
    // Its own hook finds the certificate by its names.
    const record = await renews(lego);
    await copyFile(lego.certificate, files.CERT_FULLCHAIN_PATH);
    await copyFile(lego.certificate.replace(/crt$/, 'key'), key);
    const argv = ['sh', '-c', hook('holger hook acme.sh --deploy')];
    const told = await runCommand(argv, { env: { ...files, Le_Domain: host } });
    expect(told).toMatchObject({ status: 0 });
    expect(told.stderr).toContain('the next run looks at mail');
    await rolls(record);
  }
}, 900_000);

test('no client with DANE was refused', async () => {
  const { count, failures } = await probes.stop();
  expect(failures).toEqual([]);
  expect(count).toBeGreaterThan(200);
});
