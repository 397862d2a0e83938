// Where one owner or one service does not belong to one certificate alone: a TLSA RRset behind
// CNAMEs, shared by two independent installations, and a Postfix with RSA beside ECDSA. All roll at
// once, while DANE clients connect.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { certificateFor, writeInstallation } from '../lab/holger-config.ts';
import { installationCommand, runHolger } from '../lab/holger.ts';
import type { HolgerRun } from '../lab/holger.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab, LabService } from '../lab/lab.ts';
import { look, recordsAt } from '../lab/observe.ts';
import { parts } from '../lab/options.ts';
import { startProbes } from '../lab/probes.ts';
import type { Probes } from '../lab/probes.ts';
import { keyRecord } from '../lab/tlsa.ts';

/** Other tests share the machine. */
const LIMIT_MS = 180_000;
const TARGET = 'shared._dane.dane.test.';
const patience = { timeout: 30_000, interval: 200 };

let lab: Lab;
let probes: Probes;
/**
 * Of one and another operator, who share the canonical name of their CNAMEs; and of the host with
 * two certificates.
 */
const installations: Record<'one' | 'other' | 'relay', string> = { one: '', other: '', relay: '' };
let foreign: string[] = [];

beforeAll(async () => {
  lab = await startLab({
    index: 81,
    ttl: 2,
    parts,
    withRsa: ['relay'],
    records: [`_25._tcp.mail CNAME ${TARGET}`, `_443._tcp.www CNAME ${TARGET}`],
  });
  const { mail, www } = lab.services;
  const relay = relayOf(lab);
  foreign = [mail, www].map(({ certificateFile }) => keyRecord(certificateFile)).sort();
  const ec = certificateFor('relay-ec', [relay]);
  const rsa = certificateFor('relay-rsa', [{ ...relay, ...relay.rsa }], 'key_type = "rsa-2048"');
  installations.one = await writeInstallation(lab, 'one', [certificateFor('mail', [mail])]);
  installations.other = await writeInstallation(lab, 'other', [certificateFor('www', [www])]);
  installations.relay = await writeInstallation(lab, 'both', [ec, rsa]);
  probes = startProbes(lab, { pauseMs: 1_000 });
}, LIMIT_MS);
afterAll(async () => {
  await probes?.stop();
  await lab?.stop();
});

function relayOf({ services: { relay } }: Lab): LabService {
  if (relay === undefined) throw new Error('this lab has no relay');
  return relay;
}

const run = (name: keyof typeof installations, ...args: string[]): Promise<HolgerRun> =>
  runHolger(lab, installationCommand(installations[name], '--json', 'run', ...args));

/** Another writer at the same time needs only one more sweep: no call has to be made twice. */
const finish = (name: keyof typeof installations, ...args: string[]): Promise<HolgerRun> =>
  run(name, '--wait', ...args);

const servers = (): string[] => Object.values(lab.servers).flatMap(({ v4, v6 }) => [v4, v6]);

async function everywhere(owner: string, records: readonly string[]): Promise<void> {
  const seen = async (): Promise<string[]> => [
    ...new Set((await Promise.all(servers().map((at) => recordsAt(at, owner)))).map(String)),
  ];
  await expect.poll(seen, patience).toEqual([[...records].sort().join()]);
}

/** Keys served now at the services of the shared owner. */
async function sharedKeys(): Promise<string[]> {
  const { mail, www } = lab.services;
  const seen = await Promise.all([mail, www].map((service) => look(lab, service)));
  return seen.flatMap(({ served }) => served);
}

test(
  'the first records at a shared owner are not written by one installation alone',
  { timeout: LIMIT_MS },
  async () => {
    const alone = await run('one', '--wait');
    expect(alone, alone.told).toMatchObject({ status: 4 });
    expect(JSON.stringify(alone.events)).toContain(`${TARGET}, which has no TLSA records`);
    await everywhere(TARGET, []);
  },
);

test('all enrol at once', { timeout: LIMIT_MS }, async () => {
  // What a person does who knows both: adds the records of all certificates there. The one has been
  // deployed meanwhile.
  foreign = await sharedKeys();
  await lab.nsupdate(foreign.map((record) => `update add ${TARGET} 2 TLSA ${record}`));
  await everywhere(TARGET, foreign);

  const runs = await Promise.all([finish('one', '--force'), finish('other'), finish('relay')]);
  for (const ended of runs) expect(ended, ended.told).toMatchObject({ status: 0 });
  // Theirs, and what was there by hand. A 2 1 1 would be for the other's clients too: none is
  // introduced.
  await everywhere(TARGET, [...(await sharedKeys()), ...foreign]);
  await relayRests();
});

test('all renew at once', { timeout: LIMIT_MS }, async () => {
  const before = await sharedKeys();
  const beforeRelay = await relayRests();
  const runs = await Promise.all([
    finish('one', '--force'),
    finish('other', '--force'),
    finish('relay', '--force'),
  ]);
  for (const ended of runs) expect(ended, ended.told).toMatchObject({ status: 0 });
  const after = await sharedKeys();
  expect(after).toHaveLength(2);
  for (const key of after) expect(before).not.toContain(key);
  await everywhere(TARGET, [...after, ...foreign]);
  const afterRelay = await relayRests();
  for (const key of afterRelay) expect(beforeRelay).not.toContain(key);
});

/**
 * Either algorithm has its certificate, from the CA; both keys and the CA's are published, and
 * nothing else.
 */
async function relayRests(): Promise<string[]> {
  const relay = relayOf(lab);
  const [ecdsa, rsa] = await Promise.all([look(lab, relay, 'ecdsa'), look(lab, relay, 'rsa')]);
  const keys = [...ecdsa.served, ...rsa.served];
  expect(new Set(keys).size).toBe(2);
  expect(ecdsa.served).toEqual([keyRecord(relay.certificateFile)]);
  expect(rsa.served).toEqual([keyRecord(relay.rsa?.certificateFile ?? '')]);
  const chain = await readFile(relay.certificateFile, 'utf8');
  const authorities = chain.split('BEGIN CERTIFICATE').length - 2;
  expect(authorities).toBeGreaterThan(0);
  const records = await recordsAt(lab.servers.primary.v4, relay.tlsaOwner);
  expect(records.filter((record) => record.startsWith('3 '))).toEqual([...keys].sort());
  expect(records.filter((record) => record.startsWith('2 1 1'))).toHaveLength(authorities);
  await everywhere(relay.tlsaOwner, records);
  return keys;
}

test('no client was refused, and each installation has a state of its own', async () => {
  const { secureCount, failures } = await probes.stop();
  expect(failures).toEqual([]);
  expect(secureCount).toBeGreaterThan(50);
  for (const name of ['one', 'other', 'both']) {
    const { stdout } = await lab.run(['ls', join(lab.dir, name, 'certificates')]);
    expect(stdout.trim().split('\n')).toHaveLength(name === 'both' ? 2 : 1);
  }
});
