// A web service with records for clients that trust public CAs too (usage 1), rolled by holger and
// judged by OpenSSL with the CA's root. In the middle of it the CA gets another root, which the
// configured store does not have.
import { createHash, X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fetchText } from '../lab/checks.ts';
import { certificateFor, writeInstallation } from '../lab/holger-config.ts';
import { installationCommand, runHolger } from '../lab/holger.ts';
import type { HolgerRun } from '../lab/holger.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab, LabService } from '../lab/lab.ts';
import { look } from '../lab/observe.ts';
import type { Part } from '../lab/options.ts';

/** Other tests share the machine. */
const LIMIT_MS = 180_000;
const parts: readonly Part[] = ['parent', 'primary', 'nsd', 'knot', 'resolver', 'pebble', 'www'];
const patience = { timeout: 30_000, interval: 200 };

let lab: Lab;
let www: LabService;
let config: string;
let store: string;
let firstRoot: string;
/** What a person published beside ours. */
let byHand: string;

beforeAll(async () => {
  lab = await startLab({ index: 86, ttl: 2, parts });
  www = lab.services.www;
  store = join(lab.dir, 'store.pem');
  firstRoot = await root();
  await writeFile(store, firstRoot);
  config = await writeInstallation(lab, 'pkix', [
    certificateFor('www', [www], 'records = ["3 1 1", "1 1 1"]'),
    `[pkix]\nca_file = "${store}"\n`,
  ]);
}, LIMIT_MS);
afterAll(() => lab?.stop());

const root = (): Promise<string> => fetchText(`${lab.acme.management}/roots/0`, lab.acme.caFile);

const run = (...args: string[]): Promise<HolgerRun> =>
  runHolger(lab, installationCommand(config, '--json', 'run', ...args));

/** The lab's own arithmetic, of the key in the file that the service loads. */
async function recordOf(head: '1 1 1' | '1 1 2'): Promise<string> {
  const { publicKey } = new X509Certificate(await readFile(www.certificateFile));
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const digest = createHash(head === '1 1 1' ? 'sha256' : 'sha512');
  return `${head} ${digest.update(spki).digest('hex')}`;
}

/** The record set on which every address of every name server agrees. */
async function published(): Promise<readonly string[]> {
  const sets = async (): Promise<readonly (readonly string[])[]> =>
    (await look(lab, www)).published;
  await expect.poll(async () => new Set((await sets()).map(String)).size, patience).toBe(1);
  return (await sets())[0] ?? [];
}

const kinds = (records: readonly string[]): string[] => records.map((text) => text.slice(0, 5));

/**
 * Whether a client that trusts this root, and supports records of this kind alone, accepts every
 * address.
 */
async function accepted(trusted: string, kind: string): Promise<boolean> {
  const file = join(lab.dir, 'client.pem');
  await writeFile(file, trusted);
  const records = (await published()).filter((text) => text.startsWith(kind));
  expect(records.length, kind).toBeGreaterThan(0);
  const dane = records.flatMap((record) => ['-dane_tlsa_rrdata', record]);
  const verdicts = await Promise.all(
    www.addresses.map((address) => {
      const where = address.includes(':') ? `[${address}]` : address;
      return lab.run([
        ...['openssl', 's_client', '-connect', `${where}:${www.port}`, '-servername', www.host],
        ...['-dane_tlsa_domain', www.host, ...dane, '-CAfile', file],
      ]);
    }),
  );
  return verdicts.every(({ stdout }) => stdout.includes('Verify return code: 0 (ok)'));
}

test('1 1 1 is published where it is configured, and clients that trust the CA match it', async () => {
  const enrolled = await run('--wait');
  expect(enrolled, enrolled.told).toMatchObject({ status: 0 });
  expect(kinds(await published())).toEqual(['1 1 1', '3 1 1']);
  expect(await accepted(firstRoot, '1 1 1')).toBe(true);
  expect(await accepted(await readFile(lab.acme.caFile, 'utf8'), '1 1 1')).toBe(false);
});

test('the CA has a root that the store does not have: a chain that clients would refuse is not deployed', async () => {
  byHand = await recordOf('1 1 2');
  await lab.nsupdate([`update add ${www.tlsaOwner} 2 TLSA ${byHand}`]);
  await expect.poll(published, patience).toContain(byHand);
  const { served } = await look(lab, www);
  await lab.restartPebble();
  expect(await root()).not.toBe(firstRoot);

  const refused = await run('--force', '--wait');
  expect(refused, refused.told).toMatchObject({ status: 4 });
  expect(refused.told).toMatch(/leads to no CA of the PKIX store.* 1 1 2 /);
  // And not when the record of its key is everywhere either.
  expect(kinds(await published())).toEqual(['1 1 2', '3 1 1', '3 1 1']);
  const again = await run('--wait');
  expect(again, again.told).toMatchObject({ status: 4 });
  expect((await look(lab, www)).served).toEqual(served);
  expect(await accepted(firstRoot, '1 1 2')).toBe(true);
});

test('when the store has both roots, every kind of record comes first, and the chain after the wait', async () => {
  const { served } = await look(lab, www);
  const newRoot = await root();
  await writeFile(store, `${firstRoot}\n${newRoot}`);
  const renewed = await run('--wait');
  expect(renewed, renewed.told).toMatchObject({ status: 0 });
  expect((await look(lab, www)).served).not.toEqual(served);
  expect(await published()).toEqual(expect.arrayContaining([byHand, await recordOf('1 1 2')]));
  for (const kind of ['1 1 1', '1 1 2', '3 1 1']) expect(await accepted(newRoot, kind)).toBe(true);
  expect(await accepted(firstRoot, '1 1 1')).toBe(false);
});
