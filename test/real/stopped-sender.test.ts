// A sender that is stopped in the middle of a deployment, while another one with a copy of its
// state takes over: it cannot undo what the newer one has deployed (fence, docs/receive.md).
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeInstallation } from '../lab/holger-config.ts';
import { installationCommand, runHolger } from '../lab/holger.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { look } from '../lab/observe.ts';
import { startProbes } from '../lab/probes.ts';
import type { Probes } from '../lab/probes.ts';
import { Daemons, must } from '../lab/processes.ts';
import type { RunResult } from '../lab/processes.ts';
import { HAS_SSHD, WITHOUT_SSHD, makeSshHost } from '../lab/ssh-host.ts';

const INDEX = 146;
const LIMIT_MS = 240_000;

let lab: Lab;
let daemons: Daemons;
let probes: Probes;
let config: string;

const holger = (file: string, ...args: string[]): Promise<RunResult> =>
  lab.run(installationCommand(file, ...args), { timeoutMs: LIMIT_MS });
async function succeeds(file: string, ...args: string[]): Promise<void> {
  const ended = await holger(file, ...args);
  expect(ended, `${ended.stdout}${ended.stderr}`).toMatchObject({ status: 0 });
}

describe.skipIf(!HAS_SSHD)(`two senders${WITHOUT_SSHD}`, () => {
  beforeAll(async () => {
    lab = await startLab({ index: INDEX, ttl: 2, pebbleEnv: { PEBBLE_AUTHZREUSE: '100' } });
    daemons = new Daemons(join(lab.dir, 'log'));
    const { mail } = lab.services;
    const address = `127.53.${INDEX}.31`;
    const files = { mail };
    const host = await makeSshHost({ daemons, dir: lab.dir, name: 'mx1', address, files });
    await host.start();
    const certificate = `[[certificate]]
name = "mail"
domains = ["${mail.host}"]
services = ["smtp://${mail.host}:${mail.port}"]
deploy = ["mx1"]
`;
    config = await writeInstallation(lab, 'first', [host.target, certificate]);
    await succeeds(config, 'run', '--wait');
    probes = startProbes(lab, { pauseMs: 500 });
  }, LIMIT_MS);
  afterAll(async () => {
    await probes?.stop();
    await daemons?.stopAll();
    await lab?.stop();
  }, LIMIT_MS);

  test('the one that was stopped for long is refused', { timeout: LIMIT_MS }, async () => {
    let go: (() => void) | undefined;
    const ended = runHolger(
      lab,
      installationCommand(config, '--json', 'run', '--force', '--wait'),
      ({ event }, send) => {
        if (event !== 'deploying' || go !== undefined) return;
        send('SIGSTOP');
        go = () => send('SIGCONT');
      },
    );
    await expect.poll(() => typeof go, { timeout: 60_000 }).toBe('function');
    const [first, second] = [join(lab.dir, 'first'), join(lab.dir, 'second')];
    await must(['cp', '-a', first, second]);
    await rm(join(second, 'leases'), { recursive: true });
    const newer = `${second}.toml`;
    await writeFile(newer, (await readFile(config, 'utf8')).replaceAll(first, second));
    await succeeds(newer, 'run', 'mail', '--wait');
    await succeeds(newer, 'run', '--force', '--wait');
    const { served } = await look(lab, lab.services.mail);
    go?.();
    const late = await ended;
    expect(late, late.told).toMatchObject({ status: 4 });
    expect(late.told).toContain('--take-over');
    expect((await look(lab, lab.services.mail)).served).toEqual(served);
    expect(probes.failures).toEqual([]);
    expect(probes.secureCount).toBeGreaterThan(0);
  });
});
