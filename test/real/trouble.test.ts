// What goes wrong on real systems in the middle of a rollover, while DANE clients connect: no
// client is refused, and each rollover ends without a person once the cause is gone.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { certificateFor, writeInstallation } from '../lab/holger-config.ts';
import { installationCommand, runHolger } from '../lab/holger.ts';
import type { HolgerEvent, HolgerRun } from '../lab/holger.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab, LabService } from '../lab/lab.ts';
import { look, recordsAt } from '../lab/observe.ts';
import { parts } from '../lab/options.ts';
import { startProbes } from '../lab/probes.ts';
import type { Probes } from '../lab/probes.ts';
import { keyRecord } from '../lab/tlsa.ts';

/** Other tests share the machine. */
const LIMIT_MS = 300_000;
const patience = { timeout: 60_000, interval: 200 };

let lab: Lab;
let config: string;
let probes: Probes;

beforeAll(async () => {
  // With one secondary down no challenge can be met; the authorization of the enrolment is reused.
  lab = await startLab({ index: 80, ttl: 2, parts, pebbleEnv: { PEBBLE_AUTHZREUSE: '100' } });
  const { mail, www } = lab.services;
  config = await writeInstallation(lab, 'trouble', [
    certificateFor('pair', [breakable(relay()), mail]),
    certificateFor('www', [breakable(www)]),
  ]);
  probes = startProbes(lab, { pauseMs: 1_000 });
  await finishBoth();
}, LIMIT_MS);
afterAll(async () => {
  await probes?.stop();
  await lab?.stop();
});

function relay(): LabService {
  const { relay: found } = lab.services;
  if (found === undefined) throw new Error('this lab has no relay');
  return found;
}

const flag = ({ host }: LabService, kind: 'fails' | 'lies'): string =>
  join(lab.dir, `${host}.${kind}`);
const breakReload = (service: LabService, kind: 'fails' | 'lies'): Promise<void> =>
  writeFile(flag(service, kind), '');
const mendReload = (service: LabService, kind: 'fails' | 'lies'): Promise<void> =>
  rm(flag(service, kind));

/**
 * The same service with a reload that fails, or reports success without reloading, as a flag file
 * says.
 */
function breakable(service: LabService): LabService {
  const script = `test -e ${flag(service, 'fails')} && { echo broken >&2; exit 1; }; test -e ${flag(service, 'lies')} && exit 0; exec "$@"`;
  return { ...service, reload: ['/bin/sh', '-c', script, 'sh', ...service.reload] };
}

const run = (...args: string[]): Promise<HolgerRun> => follow(() => {}, ...args);
const follow = (onEvent: (event: HolgerEvent) => void, ...args: string[]): Promise<HolgerRun> =>
  runHolger(lab, installationCommand(config, '--json', 'run', ...args), onEvent);

/** The same installation, with one more setting of its certificates. */
async function withSetting(line: string): Promise<(...args: string[]) => Promise<HolgerRun>> {
  const file = join(lab.dir, 'other.toml');
  const text = await readFile(config, 'utf8');
  await writeFile(file, text.replace('[defaults]\n', `[defaults]\n${line}\n`));
  return (...args) => runHolger(lab, installationCommand(file, '--json', 'run', ...args));
}

/** Two processes: most of it is waiting. */
async function finishBoth(...args: string[]): Promise<void> {
  const ended = await Promise.all(['pair', 'www'].map((name) => run('--wait', ...args, name)));
  for (const each of ended) expect(each, each.told).toMatchObject({ status: 0 });
}

const names = ({ events }: HolgerRun): string[] => events.map(({ event }) => event);
const servers = (): string[] => Object.values(lab.servers).flatMap(({ v4, v6 }) => [v4, v6]);
const published = (service: LabService): Promise<string[]> =>
  recordsAt(lab.servers.primary.v4, service.tlsaOwner);
const served = async (service: LabService): Promise<readonly string[]> =>
  (await look(lab, service)).served;
const only = (records: readonly string[], combination: string): string[] =>
  records.filter((record) => record.startsWith(combination));

async function reloadsOfMail(): Promise<number> {
  const log = await readFile(join(lab.dir, 'log/mail.log'), 'utf8');
  return log.split(' reload -- version ').length - 1;
}

async function status(certificate: string): Promise<unknown> {
  const { stdout } = await lab.run(installationCommand(config, '--json', 'status', certificate));
  return (JSON.parse(stdout) as { certificates: unknown[] }).certificates[0];
}

/**
 * One key, served at every address, with its record everywhere and no other of its kind: the end of
 * every rollover.
 */
async function restsWithNewKey(service: LabService, before: readonly string[]): Promise<void> {
  const key = keyRecord(service.certificateFile);
  expect(before).not.toContain(key);
  await expect.poll(() => served(service), patience).toEqual([key]);
  for (const server of servers()) {
    await expect
      .poll(async () => only(await recordsAt(server, service.tlsaOwner), '3 '), patience)
      .toEqual([key]);
  }
  expect(only(await published(service), '2 1 1').length).toBeGreaterThan(0);
}

test(
  'a secondary is down: nothing is deployed until it is back and has caught up',
  { timeout: LIMIT_MS },
  async () => {
    const { www } = lab.services;
    const before = await served(www);
    const address = lab.servers.knot.v4;
    await lab.stopPart('knot');
    const told: string[] = [];
    let deadWaiting: (() => void) | undefined;
    const waitsForIt = new Promise<void>((resolve) => (deadWaiting = resolve));
    const renewing = follow(
      (event) => {
        told.push(event.event);
        if (event.event === 'waiting' && JSON.stringify(event).includes(address)) deadWaiting?.();
      },
      '--force',
      '--wait',
      'www',
    );
    // A run that ends instead of waiting was slower than the test.
    await Promise.race([waitsForIt, renewing]);
    expect(told).toContain('published');
    expect(told).not.toContain('deploying');
    expect(await status('www')).toMatchObject({
      phase: 'waiting',
      waitingFor: 'other name servers to have the change',
    });
    expect(await served(www)).toEqual(before);
    await lab.startKnot();
    const ended = await renewing;
    expect(ended, ended.told).toMatchObject({ status: 0 });
    await restsWithNewKey(www, before);
  },
);

/**
 * The old records stay until a handshake showed the new chain, also after a reload that reports
 * success.
 */
async function reloadFailsThenLies(): Promise<void> {
  const { www } = lab.services;
  const before = await served(www);
  await breakReload(www, 'fails');
  const failed = await run('--force', '--wait', 'www');
  expect(failed, failed.told).toMatchObject({ status: 3 });
  expect(JSON.stringify(failed.events)).toMatch(/"code":"RELOAD_FAILED".*broken/);
  expect(await status('www')).toMatchObject({
    phase: 'blocked',
    why: expect.arrayContaining([expect.stringContaining('broken')]) as unknown,
  });
  expect(await served(www)).toEqual(before);
  expect(await published(www)).toEqual(expect.arrayContaining([...before]));

  await mendReload(www, 'fails');
  await breakReload(www, 'lies');
  let deployed: (() => void) | undefined;
  const isDeployed = new Promise<void>((resolve) => (deployed = resolve));
  const lying = follow(
    ({ event }) => {
      if (event === 'deployed') deployed?.();
    },
    '--wait',
    'www',
  );
  await Promise.race([isDeployed, lying]);
  expect(await served(www)).toEqual(before);
  expect(await published(www)).toEqual(expect.arrayContaining([...before]));
  expect(await status('www')).not.toMatchObject({ phase: 'idle' });
  // A person restarts the service: that is evidence as good as any.
  await mendReload(www, 'lies');
  await lab.run(www.reload);
  const ended = await lying;
  expect(ended, ended.told).toMatchObject({ status: 0 });
  await restsWithNewKey(www, before);
}

/** Nothing is withdrawn while one of them is behind, and all is tried again. */
async function oneOfTwoHostsFails(): Promise<void> {
  const { mail } = lab.services;
  const before = await served(relay());
  const reloads = await reloadsOfMail();
  await breakReload(relay(), 'fails');
  const failed = await run('--force', '--wait', 'pair');
  expect(failed, failed.told).toMatchObject({ status: 3 });
  const again = await run('--wait', 'pair');
  expect(again, again.told).toMatchObject({ status: 3 });
  expect([...names(failed), ...names(again)]).not.toContain('withdrawn');
  // The host that can accept it does, although it is named after the one that cannot.
  await expect.poll(reloadsOfMail, patience).toBeGreaterThan(reloads);
  const next = keyRecord(mail.certificateFile);
  await expect.poll(() => served(mail), patience).toEqual([next]);
  // A process that Postfix starts now reads the files, reloaded or not; which is why both records
  // are published.
  expect([...before, next]).toEqual(expect.arrayContaining([...(await served(relay()))]));
  for (const service of [mail, relay()]) {
    expect(only(await published(service), '3 ')).toEqual([...before, next].sort());
  }
  await mendReload(relay(), 'fails');
  const ended = await run('--wait', 'pair');
  expect(ended, ended.told).toMatchObject({ status: 0 });
  await restsWithNewKey(mail, before);
  await restsWithNewKey(relay(), before);
}

test(
  'a reload that fails, then reports success for nothing; and one of two hosts that refuses its files',
  { timeout: LIMIT_MS },
  async () => {
    await Promise.all([reloadFailsThenLies(), oneOfTwoHostsFails()]);
  },
);

test(
  'rollback_after: the host with the new certificate gets the one again that the other still has',
  { timeout: LIMIT_MS },
  async () => {
    const { mail } = lab.services;
    const before = await served(mail);
    expect(await served(relay())).toEqual(before);
    const reloads = await reloadsOfMail();
    const hastily = await withSetting('rollback_after = "3s"');
    await breakReload(relay(), 'fails');
    // The run continues through what may pass, and this does not.
    const failed = await hastily('--force', '--wait', 'pair');
    expect(failed, failed.told).toMatchObject({ status: 3 });
    expect(names(failed)).toContain('rolled-back');
    expect(names(failed)).not.toContain('withdrawn');
    // There, and back.
    await expect.poll(reloadsOfMail, patience).toBeGreaterThanOrEqual(reloads + 2);
    await expect.poll(() => served(mail), patience).toEqual(before);

    await mendReload(relay(), 'fails');
    const ended = await hastily('--wait', 'pair');
    expect(ended, ended.told).toMatchObject({ status: 0 });
    for (const service of [mail, relay()]) {
      await expect.poll(() => served(service), patience).toEqual(before);
      expect(only(await published(service), '3 ')).toEqual(before);
    }
  },
);

test(
  'the CA has new keys and no account: the new authorities are published before they are served',
  { timeout: LIMIT_MS },
  async () => {
    const services = Object.values(lab.services);
    const keys = (await Promise.all(services.map(served))).flat();
    const authorities = only(await published(lab.services.www), '2 1 1');
    await lab.restartPebble();
    const ended = await run('--force', '--wait');
    expect(ended, ended.told).toMatchObject({ status: 0 });
    for (const service of services) {
      await restsWithNewKey(service, keys);
      const now = only(await published(service), '2 1 1');
      for (const record of now) expect(authorities).not.toContain(record);
    }
  },
);

test('no client was refused', async () => {
  const { secureCount, failures } = await probes.stop();
  expect(failures).toEqual([]);
  expect(secureCount).toBeGreaterThan(50);
});
