// kill -9 at every kind of instant of a rollover, while clients connect: none is refused, and the
// next call of holger continues.
import { createHash, X509Certificate } from 'node:crypto';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { giveUpAuthorizations } from '../lab/authorizations.ts';
import { dig } from '../lab/checks.ts';
import { writeHolgerConfig } from '../lab/holger-config.ts';
import { holgerCommand } from '../lab/holger.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { keyRecordOf, look } from '../lab/observe.ts';
import { startProbes } from '../lab/probes.ts';
import type { Probes } from '../lab/probes.ts';
import type { RunResult } from '../lab/processes.ts';

type Name = 'mail' | 'www';

/**
 * `at`: labels of src/engine, "a > b" is the first b after a. `told`: the last event that the
 * killed run could still report.
 */
interface Point {
  readonly at: string;
  readonly told: string;
  /**
   * Killed after the CA's answer and before holger stores it: that order is lost, and only that
   * one.
   */
  readonly losesOrder?: true;
}

// SAVE, OWNER and PLACE stand for the labels with names.
const DEPLOYED = 'after reload > after SAVE';

/** Each of these crashes has a rollover of its own. */
const alone: Record<Name, readonly Point[]> = {
  mail: [
    { at: 'after write key', told: 'nothing' },
    { at: 'after order', told: 'key-created', losesOrder: true },
    { at: 'before publish TXT', told: 'ordered' },
    { at: 'after answer challenge', told: 'challenge-published' },
    { at: 'after live link', told: 'deploying' },
  ],
  www: [
    { at: 'after order > after SAVE', told: 'key-created' },
    { at: 'after finalize', told: 'challenge-answered' },
    { at: 'after write chain', told: 'challenge-answered' },
    { at: 'before publish', told: 'issued' },
    { at: 'after publish', told: 'issued' },
    { at: 'after PLACE', told: 'deploying' },
    { at: `${DEPLOYED} > before OWNER > before SAVE`, told: 'deployed' },
    { at: 'after reload > before publish', told: 'proven' },
    { at: 'after reload > after publish', told: 'proven' },
  ],
};

/**
 * All of these in one rollover, one call after the other: until the key is stored, each call uses
 * --force.
 */
const forced = ['before write key', 'after write key', 'before SAVE', 'before order'];
const resumed = [
  'after order',
  'after order > after SAVE',
  'before publish TXT',
  'after publish TXT',
  'before answer challenge',
  'after answer challenge',
  'before finalize',
  'after finalize',
  'before write chain',
  'after write chain',
  'after write chain > after SAVE',
  'before withdraw TXT',
  'after withdraw TXT',
  'before publish',
  'after publish',
  'before PLACE',
  'after PLACE',
  'after live link',
  'after reload',
  DEPLOYED,
  'before OWNER > before SAVE',
  'before OWNER > after SAVE',
  'before publish',
  'after publish',
];

const SIGKILL = 137;
const lanes = ['mail', 'www'] as const;
/** Other tests share the machine: on a busy one it takes twice as long. */
const LIMIT_MS = 480_000;

let lab: Lab;
let config: string;
let probes: Probes;

beforeAll(async () => {
  lab = await startLab({ index: 31, ttl: 2, pebbleEnv: { PEBBLE_AUTHZREUSE: '0' } });
  config = await writeHolgerConfig(lab);
  probes = startProbes(lab, { pauseMs: 700 });
});
afterAll(async () => {
  await probes?.stop();
  await lab?.stop();
});

const holger = (name: Name, args: readonly string[], crashAt?: string): Promise<RunResult> =>
  lab.run(holgerCommand(lab, config, 'run', '--json', '--wait', name, ...args), {
    timeoutMs: 60_000,
    env: { HOLGER_TEST_CRASH_AT: crashAt },
  });

async function kill(name: Name, at: string, args: readonly string[]): Promise<RunResult> {
  const { tlsaOwner, certificateFile } = lab.services[name];
  const label = at
    .replaceAll('SAVE', `save certificate/${name}`)
    .replaceAll('OWNER', `save owner/${tlsaOwner}`)
    .replaceAll('PLACE', `place files ${certificateFile}`);
  const ended = await holger(name, args, label);
  expect(ended, `${name} ${at}`).toMatchObject({ status: SIGKILL });
  return ended;
}

async function resume(name: Name, about: string, args: readonly string[] = []): Promise<void> {
  const ended = await holger(name, args);
  const said = ended.stderr.slice(-2000);
  expect(ended, `${name} resumed ${about}: ${said}`).toMatchObject({ status: 0 });
  await giveUpAuthorizations(lab, name); // the next order, too, has its challenge
}

function lastTold({ stdout }: RunResult): string {
  const events = [...stdout.matchAll(/^\{.*"event":"([\w-]+)"/gm)].map(([, event = '']) => event);
  const acts = events.filter((event) => !['waiting', 'served-everywhere'].includes(event));
  return acts.at(-1) ?? 'nothing';
}

const patience = (message: string) => ({ message, timeout: 10_000, interval: 250 });
const folderOf = (name: Name): string => join(lab.dir, 'holger/certificates', name);
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Generations with the hashes of their keys; one that a killed run has only begun counts too. */
async function keysOf(name: Name): Promise<Map<number, string>> {
  const names = (await readdir(folderOf(name))).filter((entry) => /^\d+$/.test(entry));
  const keys = names.map(async (number): Promise<[number, string]> => [
    Number(number),
    sha256(await readFile(join(folderOf(name), number, 'privkey.pem'), 'utf8')),
  ]);
  return new Map((await Promise.all(keys)).sort(([a], [b]) => a - b));
}

/** What the CA received and issued, over all certificates. */
async function countsOfIssuer(): Promise<{ orders: number; certificates: number }> {
  const log = await readFile(join(lab.dir, 'log/pebble.log'), 'utf8');
  return {
    orders: log.match(/ Added order /g)?.length ?? 0,
    certificates: log.match(/ Issued certificate serial /g)?.length ?? 0,
  };
}

async function txtRecords(name: Name): Promise<string[]> {
  const owner = `_acme-challenge.${lab.services[name].host}.`;
  const servers = Object.values(lab.servers).flatMap(({ v4, v6 }) => [v4, v6]);
  const answers = await Promise.all(
    servers.map((server) => dig(['+short', '+norec', `@${server}`, owner, 'TXT'])),
  );
  return answers.map((answer) => answer.trim());
}

async function statusOf(name: Name): Promise<unknown> {
  const seen = await lab.run(holgerCommand(lab, config, 'status', '--json', name));
  expect(seen.status, `${seen.stdout}${seen.stderr}`).toBe(0);
  const { certificates } = JSON.parse(seen.stdout) as { certificates: Record<string, unknown>[] };
  const [{ phase, generation, trouble } = {}] = certificates;
  return { phase, generation, trouble };
}

/** The end of every rollover, judged by what others see and by the files. */
async function expectAtRest(name: Name, generation: number, about: string): Promise<void> {
  const service = lab.services[name];
  const file = (base: string): Promise<string> =>
    readFile(join(folderOf(name), String(generation), base), 'utf8');
  const chain = await file('fullchain.pem');
  const pems = chain.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const [key = '', ...issuers] = pems.map((pem) => keyRecordOf(new X509Certificate(pem)));
  const records = [key, ...issuers.map((record) => record.replace('3', '2'))].sort();
  const message = `${name} ${about}`;
  // The last change is on the primary when holger ends, and with the secondaries soon after.
  const everywhere = <T>(value: T): T[] => Array.from({ length: 6 }, () => value);
  await expect
    .poll(() => look(lab, service), patience(message))
    .toEqual({ served: [key], published: everywhere(records) });
  await expect.poll(() => txtRecords(name), patience(message)).toEqual(everywhere(''));
  expect(await readlink(join(folderOf(name), 'live')), message).toBe(String(generation));
  expect(await readFile(service.certificateFile, 'utf8'), message).toBe(chain);
  expect(await readFile(service.keyFile, 'utf8'), message).toBe(await file('privkey.pem'));
  expect(await statusOf(name), message).toEqual({ phase: 'idle', generation, trouble: undefined });
  expect(probes.failures, message).toEqual([]);
}

/** One new generation, one new key, and not another one for a key that a killed run had made. */
function expectOneMore(
  before: ReadonlyMap<number, string>,
  killed: ReadonlyMap<number, string>,
  after: ReadonlyMap<number, string>,
  about: string,
): void {
  expect(after.size, about).toBe(before.size + 1);
  expect(new Set(after.values()).size, about).toBe(after.size);
  expect([...after], about).toEqual(expect.arrayContaining([...before, ...killed]));
}

test('enrols', { timeout: LIMIT_MS }, async () => {
  await Promise.all(
    lanes.map(async (name) => {
      await resume(name, 'from nothing');
      await expectAtRest(name, 1, 'enrolled');
    }),
  );
});

async function onePerRollover(name: Name): Promise<void> {
  for (const { at, told } of alone[name]) {
    const before = await keysOf(name);
    const ended = await kill(name, at, ['--force']);
    expect(lastTold(ended), `${name} ${at}`).toBe(told);
    const killed = await keysOf(name);
    await resume(name, at, told === 'nothing' ? ['--force'] : []);
    expectOneMore(before, killed, await keysOf(name), `${name} ${at}`);
    await expectAtRest(name, before.size + 1, at);
  }
}

async function allInOneRollover(name: Name): Promise<void> {
  const before = await keysOf(name);
  for (const at of forced) await kill(name, at, ['--force']);
  const killed = await keysOf(name);
  for (const at of resumed) await kill(name, at, []);
  await resume(name, 'after all');
  expectOneMore(before, killed, await keysOf(name), name);
  await expectAtRest(name, before.size + 1, 'after all');
}

test('continues after a kill at any instant', { timeout: LIMIT_MS }, async () => {
  // Both lanes at the same time: most of it is waiting.
  const mail = onePerRollover('mail').then(() => allInOneRollover('mail'));
  await Promise.all([mail, onePerRollover('www')]);
});

test('ordered no certificate twice', async () => {
  const points = lanes.flatMap((name) => alone[name]);
  const rollovers = lanes.length + points.length + 1;
  // In one rollover with many kills, too, one is after the CA's answer and before holger stores it.
  const lost = points.filter(({ losesOrder }) => losesOrder).length + 1;
  expect(await countsOfIssuer()).toEqual({ orders: rollovers + lost, certificates: rollovers });
});

test('no client was refused and no lease is left', async () => {
  const { count, secureCount, failures } = await probes.stop();
  console.log(`${count} probes, ${secureCount} secured by DANE, ${failures.length} failures`);
  expect(failures).toEqual([]);
  expect(secureCount).toBeGreaterThan(200);
  expect(await readdir(join(lab.dir, 'holger/leases'))).toEqual([]);
});
