// One certificate on three machines, behind sshd and holger-receive, while DANE clients connect:
// every machine has a new generation before the first one loads it; what goes wrong on one of them
// is named, refuses no client, and is put right by the next run.
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeInstallation } from '../lab/holger-config.ts';
import { installationCommand, runHolger } from '../lab/holger.ts';
import type { HolgerRun } from '../lab/holger.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab, LabService } from '../lab/lab.ts';
import { isRolled, look } from '../lab/observe.ts';
import { ordinaryParts } from '../lab/options.ts';
import { startProbes } from '../lab/probes.ts';
import type { Probes } from '../lab/probes.ts';
import { Daemons, must } from '../lab/processes.ts';
import type { RunResult } from '../lab/processes.ts';
import { HAS_SSHD, WITHOUT_SSHD, makeSshHost } from '../lab/ssh-host.ts';
import type { SshHost } from '../lab/ssh-host.ts';

const LIMIT_MS = 240_000;
const HOSTS = ['mx1', 'mx2', 'web'] as const;
type HostName = (typeof HOSTS)[number];

let lab: Lab;
let daemons: Daemons;
let probes: Probes;
let config: string;
let hosts: Record<HostName, SshHost>;
let services: Record<HostName, LabService>;
/** Mounted by a test. */
const filled: string[] = [];

const run = (...args: string[]): Promise<HolgerRun> =>
  runHolger(lab, installationCommand(config, '--json', 'run', ...args));
const holger = (file: string, ...args: string[]): Promise<RunResult> =>
  lab.run(installationCommand(file, ...args), { timeoutMs: LIMIT_MS });
async function succeeds(...args: string[]): Promise<HolgerRun> {
  const ended = await run(...args);
  expect(ended, ended.told).toMatchObject({ status: 0 });
  return ended;
}
const served = async (): Promise<Record<string, readonly string[]>> => {
  const looks = HOSTS.map(async (name) => [name, (await look(lab, services[name])).served]);
  return Object.fromEntries((await Promise.all(looks)) as [string, string[]][]);
};
const named = ({ events }: HolgerRun, event: string): unknown[] =>
  events.filter((one) => one.event === event).map(({ target }) => target);

/** Renewed everywhere, and nothing of before is left. */
async function isRenewedSince(before: Record<string, readonly string[]>): Promise<void> {
  for (const name of HOSTS) {
    expect(isRolled(await look(lab, services[name]), before[name] ?? []), name).toBe(true);
  }
}

/** What is where a renewal stops because one machine does not take it. */
async function expectHeld(ended: HolgerRun, at: HostName, why: RegExp): Promise<void> {
  expect([3, 4], ended.told).toContain(ended.status);
  const told = JSON.stringify(ended.events);
  expect(told).toMatch(/sent-everywhere/);
  expect(told).toMatch(why);
  expect(named(ended, 'not-sent')).toEqual([`ssh ${at}`]);
  expect(named(ended, 'deploying')).toEqual([]);
}

describe.skipIf(!HAS_SSHD)(`one certificate on three machines${WITHOUT_SSHD}`, () => {
  beforeAll(async () => {
    lab = await startLab({
      ...{ index: 128, ttl: 2, pebbleEnv: { PEBBLE_AUTHZREUSE: '100' } },
      parts: [...ordinaryParts, 'relay'],
    });
    daemons = new Daemons(join(lab.dir, 'log'));
    const { mail, www, relay = mail } = lab.services;
    services = { mx1: mail, mx2: relay, web: www };
    const make = async (name: HostName, at: number): Promise<SshHost> => {
      const address = `127.53.128.${at}`;
      const files = { all: services[name] };
      const host = await makeSshHost({ daemons, dir: lab.dir, name, address, files });
      await host.start();
      return host;
    };
    hosts = { mx1: await make('mx1', 31), mx2: await make('mx2', 32), web: await make('web', 33) };
    const names = HOSTS.map((name) => services[name].host);
    const urls = HOSTS.map((name) => {
      const { protocol, host, port } = services[name];
      return `${protocol}://${host}:${port}`;
    });
    const certificate = `[[certificate]]
name = "all"
domains = ${JSON.stringify(names)}
services = ${JSON.stringify(urls)}
deploy = [{ target = "mx1" }, "mx2", { target = "web" }]
`;
    const targets = HOSTS.map((name) => hosts[name].target);
    config = await writeInstallation(lab, 'central', [...targets, certificate]);
    probes = startProbes(lab, { pauseMs: 500 });
  }, LIMIT_MS);
  afterAll(async () => {
    await probes?.stop();
    await daemons?.stopAll();
    for (const full of filled) await must(['umount', full]);
    await lab?.stop();
  }, LIMIT_MS);

  test('enrolled and renewed: sent to all, then loaded', { timeout: LIMIT_MS }, async () => {
    const enrolled = await succeeds('--wait');
    const at = (name: string): number => enrolled.events.findIndex(({ event }) => event === name);
    expect(at('sent')).toBeGreaterThan(at('published'));
    expect(at('deploying')).toBeGreaterThan(at('sent'));
    expect(named(enrolled, 'sent').sort()).toEqual(HOSTS.map((name) => `ssh ${name}`));
    const before = await served();
    await succeeds('--force', '--wait');
    await isRenewedSince(before);
    const asked = await holger(config, 'target', 'test');
    expect(asked, asked.stderr).toMatchObject({ status: 0 });
    expect(asked.stdout).toMatch(/^ssh mx1, certificate all: OK\n {2}holger-receive +0\.1\.0/);
    expect(await holger(config, 'target', 'test', 'mx3')).toMatchObject({ status: 2 });
  });

  test(
    'a machine that is down holds up the others, which lose nothing',
    { timeout: LIMIT_MS },
    async () => {
      const before = await served();
      await hosts.mx2.stop();
      const held = await run('--force');
      await expectHeld(held, 'mx2', /no connection to 127\.53\.128\.32.*refused/i);
      const { stdout } = await holger(config, 'status', 'all');
      const told = stdout.replaceAll(/\s+/g, ' ');
      expect(told).toMatch(/ssh mx1: generation \d+; generation \d+ is ready there/);
      expect(told).toMatch(/ssh mx2: generation \d+; generation \d+ could not be sent: /);
      expect(await served()).toEqual(before);
      await hosts.mx2.start();
      await succeeds('all', '--wait');
      await isRenewedSince(before);
    },
  );

  test('so does one whose disk is full', { timeout: LIMIT_MS }, async () => {
    const before = await served();
    const { mx2 } = hosts;
    const state = join(mx2.folder, 'state');
    await mx2.stop();
    await must(['cp', '-a', state, `${state}.kept`]);
    await must(['mount', '-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', state]);
    filled.push(state);
    await must(['cp', '-a', `${state}.kept/.`, state]);
    await mx2.start();
    const filler = join(state, 'filler');
    await must(['sh', '-c', `head -c 600000 /dev/zero > ${filler} 2>/dev/null || true`]);
    const held = await run('--force');
    await expectHeld(held, 'mx2', /no space for it/);
    expect(await served()).toEqual(before);
    await rm(filler);
    await succeeds('all', '--wait');
    await isRenewedSince(before);
  });

  test(
    'one whose reload fails has the files, and is named until it loads them',
    { timeout: LIMIT_MS },
    async () => {
      const before = await served();
      const script = join(hosts.web.folder, 'reload-all');
      const works = await readFile(script, 'utf8');
      await writeFile(script, '#!/bin/sh\necho "nginx: no such directive"\nexit 1\n');
      const failed = await run('--force', '--wait');
      expect(failed, failed.told).toMatchObject({ status: 3 });
      expect(JSON.stringify(failed.events)).toMatch(/ssh web: .*no such directive/);
      // The others have it, and web still presents what it had loaded.
      expect((await served())['web']).toEqual(before['web']);
      await writeFile(script, works);
      await succeeds('all', '--wait');
      await isRenewedSince(before);
    },
  );

  test('one that was reset to a snapshot gets what it lacks', { timeout: LIMIT_MS }, async () => {
    const { mx1 } = hosts;
    const [state, snapshot] = ['state', 'snapshot'].map((name) => join(mx1.folder, name)) as [
      string,
      string,
    ];
    await cp(state, snapshot, { recursive: true, verbatimSymlinks: true });
    const before = await served();
    await succeeds('--force', '--wait');
    await isRenewedSince(before);
    const now = await served();
    await must(['sh', '-c', `rm -rf ${state}/* && cp -a ${snapshot}/. ${state}`]);
    const repaired = await succeeds('all', '--wait');
    expect(named(repaired, 'repaired')).toEqual(['ssh mx1']);
    expect(await served()).toEqual(now);
  });

  test(
    'a second sender on a copy of the state is refused by every machine',
    { timeout: LIMIT_MS },
    async () => {
      const copy = join(lab.dir, 'central-copy');
      await must(['cp', '-a', join(lab.dir, 'central'), copy]);
      await succeeds('--force', '--wait');
      const now = await served();
      const text = await readFile(config, 'utf8');
      const other = join(lab.dir, 'copy.toml');
      await writeFile(other, text.replaceAll(join(lab.dir, 'central'), copy));
      const refused = await runHolger(lab, installationCommand(other, '--json', 'run', '--force'));
      expect(refused, refused.told).toMatchObject({ status: 4 });
      expect(JSON.stringify(refused.events)).toContain('--take-over');
      expect(await served()).toEqual(now);
      const taken = await holger(other, 'deploy', 'all', '--take-over', '--wait');
      expect(taken, `${taken.stdout}${taken.stderr}`).toMatchObject({ status: 0 });
      for (const attempt of ['first', 'again']) {
        const late = await run('--force');
        expect(late, `${attempt}: ${late.told}`).toMatchObject({ status: 4 });
      }
    },
  );

  test("the sender's key opens nothing but holger-receive", { timeout: LIMIT_MS }, async () => {
    const { sshConfig, address } = hosts.mx1;
    const ssh = (...args: string[]): Promise<RunResult> =>
      lab.run(
        ['ssh', '-F', sshConfig, '-o', 'BatchMode=yes', '-p', '2222', '-l', 'root', ...args],
        {
          timeoutMs: 20_000,
        },
      );
    const refused = async (...words: string[]): Promise<void> => {
      const { status, stdout } = await ssh(address, ...words);
      expect([status, stdout], words.join(' ')).toEqual([
        64,
        expect.stringMatching(/result=usage/),
      ]);
    };
    await refused('cat /etc/passwd');
    await refused('state all; id');
    await refused('sh', '-c', 'id');
    await refused('internal-sftp');
    await refused('');
    const port = 20_128;
    const tunnel = await ssh(
      '-o',
      'ExitOnForwardFailure=yes',
      '-R',
      `${port}:127.0.0.1:25`,
      address,
      'version',
    );
    expect(tunnel.status).not.toBe(0);
    const direct = await ssh('-W', '127.0.0.1:25', address);
    expect(direct.stdout).toBe('');
    expect(direct.status).not.toBe(0);
    const terminal = await ssh('-tt', address, 'version');
    expect([terminal.status, terminal.stdout]).toEqual([255, '']);
    expect(terminal.stderr).toMatch(/PTY allocation request failed/);
    const settings = 'SetEnv=BASH_ENV=/tmp/x LD_PRELOAD=/tmp/y SSH_ORIGINAL_COMMAND=state';
    expect((await ssh('-o', settings, address, 'version')).stdout).toMatch(/^version=/);
    const unknown = await ssh(address, 'state', 'other');
    expect(unknown.stdout).toMatch(/result=refused/);
  });

  test('no client was refused', async () => {
    await sleep(1000);
    expect(probes.failures).toEqual([]);
    expect(probes.secureCount).toBeGreaterThan(10);
  });
});
