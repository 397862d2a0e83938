// Debian's HAProxy, whose certificate is exchanged in its memory while DANE clients connect.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHaproxyTarget } from '../../src/deploy/remote/haproxy.ts';
import { issue } from '../support/ca.ts';
import { somePackage } from '../deploy/packages.ts';
import { makeHaproxy } from '../lab/haproxy.ts';
import type { Haproxy } from '../lab/haproxy.ts';
import { writeInstallation } from '../lab/holger-config.ts';
import { installationCommand, runHolger } from '../lab/holger.ts';
import type { HolgerRun } from '../lab/holger.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { isRolled, look } from '../lab/observe.ts';
import { startProbes } from '../lab/probes.ts';
import type { Probes } from '../lab/probes.ts';
import { Daemons } from '../lab/processes.ts';

const LIMIT_MS = 240_000;

let lab: Lab;
let daemons: Daemons;
let haproxy: Haproxy;
let probes: Probes;
let config: string;

beforeAll(async () => {
  lab = await startLab({ index: 129, ttl: 2, pebbleEnv: { PEBBLE_AUTHZREUSE: '100' } });
  daemons = new Daemons(`${lab.dir}/log`);
  haproxy = await makeHaproxy({ daemons, dir: lab.dir, service: lab.services.www });
  await haproxy.start();
  const { host, port } = haproxy.service;
  config = await writeInstallation(lab, 'balanced', [
    `[target.lb]
type = "haproxy"
socket = "${haproxy.socket}"
`,
    `[[certificate]]
name = "www"
domains = ["${host}"]
services = ["https://${host}:${port}"]
deploy = [
  { type = "files", combined = "${haproxy.file}" },
  { target = "lb", name = "${haproxy.file}" },
]
`,
  ]);
  const services = { ...lab.services, www: haproxy.service };
  probes = startProbes({ ...lab, services }, { pauseMs: 500 });
}, LIMIT_MS);
afterAll(async () => {
  await probes?.stop();
  await daemons?.stopAll();
  await lab?.stop();
});

const run = (...args: string[]): Promise<HolgerRun> =>
  runHolger(lab, installationCommand(config, '--json', 'run', ...args));

test('enrolled, renewed and restarted, and no client fails', { timeout: LIMIT_MS }, async () => {
  const enrolled = await run('--wait');
  expect(enrolled, enrolled.told).toMatchObject({ status: 0 });
  const before = await look(lab, haproxy.service);
  const renewed = await run('--force', '--wait');
  expect(renewed, renewed.told).toMatchObject({ status: 0 });
  expect(isRolled(await look(lab, haproxy.service), before.served)).toBe(true);
  const after = await look(lab, haproxy.service);
  await probes.stop();
  expect(probes.failures).toEqual([]);
  expect(probes.secureCount).toBeGreaterThan(0);
  await haproxy.stop();
  await haproxy.start();
  expect((await look(lab, haproxy.service)).served).toEqual(after.served);
});

test('what HAProxy refuses leaves no transaction, and what it presents stays', async () => {
  const { socket, file: name, service } = haproxy;
  const before = await look(lab, service);
  const target = createHaproxyTarget({ target: 'lb', name, socket: { path: socket }, timeout: 10 });
  const [one, other] = await Promise.all([issue({ dns: ['a.test'] }), issue({ dns: ['b.test'] })]);
  const pair = (key: string, pem: string) => ({
    ...somePackage(),
    pems: { privkey: key, cert: pem, chain: '', fullchain: pem },
  });
  await expect(target.place(pair(one.keyPem, other.pem))).rejects.toMatchObject({
    code: 'DEPLOY_FAILED',
    message: expect.stringContaining('inconsistencies between private key') as unknown,
  });
  await expect(target.place(pair(one.keyPem, one.pem.repeat(40)))).rejects.toMatchObject({
    hint: expect.stringContaining('tune.bufsize') as unknown,
  });
  await target.stage?.(pair(one.keyPem, one.pem));
  expect(await look(lab, service)).toEqual(before);
  expect(await target.differences(pair(one.keyPem, one.pem))).not.toEqual([]);
  await target.place(pair(one.keyPem, one.pem));
  expect(await target.differences(pair(one.keyPem, one.pem))).toEqual([]);
  const absent = createHaproxyTarget({
    ...{ target: 'lb', name: '/not/loaded.pem', socket: { path: socket }, timeout: 10 },
  });
  await expect(absent.place(pair(one.keyPem, one.pem))).rejects.toMatchObject({
    code: 'DEPLOY_REFUSED',
  });
});
