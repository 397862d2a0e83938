// Services on other machines, behind sshd and holger-receive, while DANE clients connect.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeInstallation } from '../lab/holger-config.ts';
import { installationCommand, runHolger } from '../lab/holger.ts';
import type { HolgerRun } from '../lab/holger.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab, LabService } from '../lab/lab.ts';
import { isRolled, look } from '../lab/observe.ts';
import { startProbes } from '../lab/probes.ts';
import type { Probes } from '../lab/probes.ts';
import { Daemons } from '../lab/processes.ts';
import { HAS_SSHD, makeSshHost } from '../lab/ssh-host.ts';
import type { SshHost } from '../lab/ssh-host.ts';

const LIMIT_MS = 240_000;

let lab: Lab;
let daemons: Daemons;
let probes: Probes;
let config: string;
let mx1: SshHost;
let web: SshHost;

const certificate = (name: string, { protocol, host, port }: LabService, target: string): string =>
  `[[certificate]]
name = "${name}"
domains = ["${host}"]
services = ["${protocol}://${host}:${port}"]
deploy = [{ target = "${target}" }]
`;

const run = (...args: string[]): Promise<HolgerRun> =>
  runHolger(lab, installationCommand(config, '--json', 'run', ...args));

describe.skipIf(!HAS_SSHD)('targets behind SSH', () => {
  beforeAll(async () => {
    lab = await startLab({ index: 128, ttl: 2, pebbleEnv: { PEBBLE_AUTHZREUSE: '100' } });
    daemons = new Daemons(`${lab.dir}/log`);
    const { mail, www } = lab.services;
    const make = (name: string, address: string, section: string, service: LabService) =>
      makeSshHost({ daemons, dir: lab.dir, name, address, files: { [section]: service } });
    mx1 = await make('mx1', '127.53.128.31', 'mail', mail);
    web = await make('web', '127.53.128.32', 'www', www);
    for (const host of [mx1, web]) await host.start();
    const certificates = [certificate('mail', mail, 'mx1'), certificate('www', www, 'web')];
    config = await writeInstallation(lab, 'central', [mx1.target, web.target, ...certificates]);
    probes = startProbes(lab, { pauseMs: 500 });
  }, LIMIT_MS);
  afterAll(async () => {
    await probes?.stop();
    await daemons?.stopAll();
    await lab?.stop();
  });

  test('enrolled and renewed, and no client fails', { timeout: LIMIT_MS }, async () => {
    const enrolled = await run('--wait');
    expect(enrolled, enrolled.told).toMatchObject({ status: 0 });
    const told = enrolled.events.filter(({ certificate: of }) => of === 'mail');
    const at = (name: string): number => told.findIndex(({ event }) => event === name);
    expect(at('sent')).toBeGreaterThan(at('published'));
    expect(at('deploying')).toBeGreaterThan(at('sent'));
    const { mail, www } = lab.services;
    const before = await Promise.all([mail, www].map((one) => look(lab, one)));
    const renewed = await run('--force', '--wait');
    expect(renewed, renewed.told).toMatchObject({ status: 0 });
    for (const [at, one] of [mail, www].entries()) {
      expect(isRolled(await look(lab, one), before[at]?.served ?? [])).toBe(true);
    }
    expect(probes.failures).toEqual([]);
    expect(probes.secureCount).toBeGreaterThan(0);
  });
});
