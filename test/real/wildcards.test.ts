// Hosts and challenges below wildcards, on real name servers: what others get from the zone is the
// same before, meanwhile and after.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { holgerCommand } from '../lab/holger.ts';
import { writeInstallation } from '../lab/holger-config.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import type { RunResult } from '../lab/processes.ts';

const HOST = 'mx.wild.dane.test';
/** No certificate is configured for it. */
const ONE_OFF = 'one.wild.dane.test';

let lab: Lab;
let config: string;

beforeAll(async () => {
  lab = await startLab({ index: 71, ttl: 2, pebbleEnv: { PEBBLE_AUTHZREUSE: '0' } });
  const { www } = lab.services;
  await lab.nsupdate([
    ...www.addresses.map(
      (address) =>
        `update add *.wild.dane.test 2 ${address.includes(':') ? 'AAAA' : 'A'} ${address}`,
    ),
    'update add *.wild.dane.test 2 MX 10 mail.dane.test',
    'update add *.home.dane.test 2 CNAME www.dane.test',
    'update add d.dane.test 2 DNAME e.dane.test',
  ]);
  const certificate = `[[certificate]]
name = "wild"
domains = ["${HOST}"]
services = ["https://${HOST}:443"]
deploy = [{ type = "files", certificate = "${www.certificateFile}", key = "${www.keyFile}", reload = ${JSON.stringify(www.reload)} }]
`;
  config = await writeInstallation(lab, 'wildcards', [certificate]);
  const isServed = async (): Promise<void> => {
    expect(await answers('nas.home.dane.test', 'CNAME')).toEqual(['www.dane.test.']);
  };
  await vi.waitFor(isServed, { timeout: 20_000, interval: 200 });
});
afterAll(() => lab?.stop());

const holger = (...args: readonly string[]): Promise<RunResult> =>
  lab.run(holgerCommand(lab, config, ...args), { timeoutMs: 90_000 });

/** What the servers answer, each answer once: one when they agree. */
async function answers(name: string, type: string): Promise<readonly string[]> {
  const seen = lab.serving.map(async ({ v4 }) => {
    const { stdout } = await lab.run(['dig', '+short', `@${v4}`, name, type]);
    return stdout.trim().split('\n').sort().join(' ');
  });
  return [...new Set(await Promise.all(seen))];
}

const TYPES = ['A', 'AAAA', 'MX'];
const all = (name: string): Promise<readonly (readonly string[])[]> =>
  Promise.all(TYPES.map((type) => answers(name, type)));

/** Everything that the servers answered for a name while something was done. */
async function watched<T>(name: string, act: Promise<T>): Promise<{ result: T; seen: string[] }> {
  const seen = new Set<string>();
  let isOver = false;
  const ended = act.finally(() => (isOver = true));
  while (!isOver) {
    seen.add(JSON.stringify(await all(name)));
    await sleep(50);
  }
  return { result: await ended, seen: [...seen] };
}

describe('K1: a host that exists only through a wildcard', () => {
  test.each([
    ['run', '--dry-run'],
    ['run'],
    ['issue', ONE_OFF, '--provider', 'main', '--directory', '/tmp/nowhere'],
  ])('is refused before anything is written, by %s', async (...args) => {
    const host = args.includes(ONE_OFF) ? ONE_OFF : HOST;
    const before = await all(host);
    expect(before.map((each) => each.length)).toEqual([1, 1, 1]);
    const serial = await answers(lab.zone, 'SOA');
    const { result, seen } = await watched(host, holger(...args));
    expect(result).toMatchObject({ status: 4 });
    expect(result.stderr.replace(/\s+/g, ' ')).toContain(
      `would end the answers of a wildcard for ${host} (A, AAAA, MX)`,
    );
    expect(result.stderr).toContain(`${host}. MX 10 mail.dane.test.`);
    expect(seen).toEqual([JSON.stringify(before)]);
    expect(await answers(lab.zone, 'SOA')).toEqual(serial);
  });

  test('answers again after a challenge that hides_wildcard allowed, and the outage was reported', async () => {
    const before = await all(ONE_OFF);
    const own = join(lab.dir, 'hides.toml');
    const text = await readFile(config, 'utf8');
    await writeFile(own, text.replace('[defaults]', '[defaults]\nhides_wildcard = true'));
    const folder = join(lab.dir, 'hidden');
    const issue = ['issue', ONE_OFF, '--provider', 'main', '--directory', folder];
    const issued = await lab.run(holgerCommand(lab, own, ...issue), { timeoutMs: 90_000 });
    expect(issued, issued.stderr).toMatchObject({ status: 0 });
    expect(issued.stderr.replace(/\s+/g, ' ')).toContain(
      `a wildcard does not answer for ${ONE_OFF} (A, AAAA, MX); resolvers may remember that for 2s`,
    );
    await expect.poll(() => all(ONE_OFF), { timeout: 20_000 }).toEqual(before);
  });

  test('gets its records when its addresses are at its own name', async () => {
    const before = await all(HOST);
    await lab.nsupdate([
      ...before
        .slice(0, 2)
        .map(([data], index) => `update add ${HOST} 2 ${TYPES[index] ?? ''} ${data ?? ''}`),
      `update add ${HOST} 2 MX 10 mail.dane.test`,
    ]);
    const { result, seen } = await watched(HOST, holger('run', '--wait'));
    expect(result, result.stderr).toMatchObject({ status: 0 });
    expect(seen).toEqual([JSON.stringify(before)]);
    expect((await answers(`_443._tcp.${HOST}`, 'TLSA')).join()).toMatch(/\b3 1 1 /);
  });
});

describe('K22: an alias', () => {
  const issue = (...names: readonly string[]): Promise<RunResult> =>
    holger('issue', ...names, '--provider', 'main', '--directory', join(lab.dir, names[0] ?? ''));

  test('of a wildcard delegates no challenge: it is written at the name itself', async () => {
    const { result, seen } = await watched(
      'nas.home.dane.test',
      issue('home.dane.test', '*.home.dane.test'),
    );
    expect(result, result.stderr).toMatchObject({ status: 0 });
    expect(result.stderr).not.toContain('www.dane.test');
    expect(seen).toHaveLength(1);
  });

  test('below a DNAME leads to where the record can be written', async () => {
    const result = await issue('x.d.dane.test');
    expect(result, result.stderr).toMatchObject({ status: 0 });
  });
});
