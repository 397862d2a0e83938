// `holger issue`: one certificate named on the command line, on real servers.
import { X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { holgerCommand } from '../lab/holger.ts';
import { writeHolgerConfig } from '../lab/holger-config.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { keyRecordOf, look } from '../lab/observe.ts';
import type { RunOptions, RunResult } from '../lab/processes.ts';

const SIGKILL = 137;

let lab: Lab;
let config: string;

beforeAll(async () => {
  // As Let's Encrypt's do, the CA's resolver caches answers for their TTL, up to a minute.
  const pebbleEnv = { PEBBLE_AUTHZREUSE: '0' };
  lab = await startLab({ index: 32, ttl: 2, issuerCache: 60, pebbleEnv });
  // Of two providers none is the default: --provider names one.
  const second = `
[provider.second]
type = "rfc2136"
server = "192.0.2.1"
tsig = { name = "nobody.", secret = { env = "NOT_SET" } }
`;
  const text = await readFile(await writeHolgerConfig(lab, second), 'utf8');
  config = join(lab.dir, 'issue.toml');
  await writeFile(config, text.replace(/^\[\[certificate\]\][^]*?(?=^\[provider\.second)/m, ''));
});
afterAll(() => lab?.stop());

const holger = (args: readonly string[], options: RunOptions = {}): Promise<RunResult> =>
  lab.run(holgerCommand(lab, config, ...args), { timeoutMs: 60_000, ...options });

async function certificateIn(folder: string): Promise<X509Certificate> {
  return new X509Certificate(await readFile(join(folder, 'fullchain.pem'), 'utf8'));
}

test('deploys to a running service, and after a kill in between run finishes it', async () => {
  const { www } = lab.services;
  const folder = join(lab.dir, 'issued');
  const take = `cp ${folder}/fullchain.pem ${www.certificateFile}; cp ${folder}/privkey.pem ${www.keyFile}`;
  const reload = ['sh', '-c', `${take}; exec "$@"`, 'sh', ...www.reload];
  const service = `https://${www.host}:${www.port}`;
  const where = ['--directory', folder, '--reload', JSON.stringify(reload)];
  const issue = ['issue', www.host, '--service', service, '--provider', 'main', ...where];

  const none = await holger(issue.map((word) => (word === 'main' ? 'third' : word)));
  expect(none).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('main, second') as string,
  });

  const killed = await holger(issue, { env: { HOLGER_TEST_CRASH_AT: 'after publish' } });
  expect(killed.status).toBe(SIGKILL);
  const status = await holger(['--json', 'status']);
  expect(JSON.parse(status.stdout)).toMatchObject({ certificates: [{ certificate: www.host }] });

  const resumed = await holger(['run', '--wait']);
  expect(resumed, resumed.stderr).toMatchObject({ status: 0 });
  const key = keyRecordOf(await certificateIn(folder));
  await expect.poll(async () => (await look(lab, www)).served).toEqual([key]);
  const { published } = await look(lab, www);
  for (const records of published) expect(records).toContain(key);
});

test('an ordinary certificate, without service and without TLSA', async () => {
  const folder = join(lab.dir, 'ordinary');
  const names = ['bücher.dane.test', '*.bücher.dane.test'];
  const issued = await holger(['issue', ...names, '--provider', 'main', '--directory', folder]);
  expect(issued, issued.stderr).toMatchObject({ status: 0 });
  const { subjectAltName } = await certificateIn(folder);
  expect(subjectAltName).toContain('DNS:xn--bcher-kva.dane.test');
  expect(subjectAltName).toContain('DNS:*.xn--bcher-kva.dane.test');
});

test('a second order for a name waits until the CA cannot hold the TXT record of the first', async () => {
  const file = join(lab.dir, 'longer.toml');
  const settings = await readFile(config, 'utf8');
  await writeFile(file, settings.replace('ttl = "2s"', 'ttl = "6s"'));
  for (const names of [['twice.dane.test'], ['once.dane.test', 'twice.dane.test']]) {
    const where = ['--provider', 'main', '--directory', join(lab.dir, `of-${names.length}`)];
    const issued = await lab.run(holgerCommand(lab, file, 'issue', ...names, ...where));
    expect(issued, issued.stderr).toMatchObject({ status: 0 });
  }
});
