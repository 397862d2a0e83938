// Operations on real servers, while DANE clients connect: none of them is refused.
import { X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { holgerCommand } from '../lab/holger.ts';
import { writeHolgerConfig } from '../lab/holger-config.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab, LabService } from '../lab/lab.ts';
import { keyRecordOf, look } from '../lab/observe.ts';
import type { Seen } from '../lab/observe.ts';
import { startProbes } from '../lab/probes.ts';
import type { Probes } from '../lab/probes.ts';
import type { RunResult } from '../lab/processes.ts';

const LIMIT_MS = 240_000;

let lab: Lab;
let config: string;
let probes: Probes;

beforeAll(async () => {
  // Challenges have tests of their own.
  lab = await startLab({ index: 83, ttl: 2, pebbleEnv: { PEBBLE_AUTHZREUSE: '100' } });
  config = await writeHolgerConfig(lab);
  expect(await holger('run', '--wait')).toMatchObject({ status: 0 });
  probes = startProbes(lab, { pauseMs: 500 });
}, LIMIT_MS);
afterAll(async () => {
  await probes?.stop();
  await lab?.stop();
});

const holger = (...args: string[]): Promise<RunResult> =>
  lab.run(holgerCommand(lab, config, ...args), { timeoutMs: LIMIT_MS });

async function succeeds(...args: string[]): Promise<RunResult> {
  const ended = await holger(...args);
  expect(ended, `${args.join(' ')}\n${ended.stderr}`).toMatchObject({ status: 0 });
  return ended;
}

async function keyIn(file: string): Promise<string> {
  return keyRecordOf(new X509Certificate(await readFile(file, 'utf8')));
}

const everywhere = (seen: Seen, test: (records: readonly string[]) => boolean): boolean =>
  seen.published.every(test);

/** What a dry run must not change. */
async function stateOf(service: LabService): Promise<unknown> {
  const documents = await lab.run([
    'sh',
    '-c',
    `cd ${lab.dir}/holger && find . -type f | sort | xargs sha256sum`,
  ]);
  return { documents: documents.stdout, seen: await look(lab, service) };
}

test('a dry run of each writes nothing', { timeout: LIMIT_MS }, async () => {
  const { mail } = lab.services;
  await succeeds('run', '--wait', '--force', 'mail');
  const before = await stateOf(mail);
  for (const [args, text] of [
    [['rollback', 'mail'], '+ 3 1 1'],
    [['off', 'mail'], '- 3 1 1'],
    [['emergency', 'mail', '--keep-records'], 'make a new key for generation 3'],
    [['emergency', 'mail', '--withdraw-records'], '- 3 1 1'],
    [['revoke', 'mail'], 'generation 1 of mail would be revoked'],
  ] as const) {
    const { stdout } = await succeeds(...args, '--dry-run');
    expect(stdout.replaceAll(/\s+/g, ' '), args.join(' ')).toContain(text);
  }
  expect(await stateOf(mail)).toEqual(before);
  expect((await holger('emergency', 'mail')).status).toBe(2);
  expect(await stateOf(mail)).toEqual(before);
});

test('rollback: the previous key is served again, and stays', { timeout: LIMIT_MS }, async () => {
  const { www } = lab.services;
  const first = await keyIn(www.certificateFile);
  await succeeds('run', '--wait', '--force', 'www');
  expect(await keyIn(www.certificateFile)).not.toBe(first);
  await succeeds('rollback', 'www', '--wait');
  const seen = await look(lab, www);
  expect(seen.served).toEqual([first]);
  expect(everywhere(seen, (records) => records.includes(first))).toBe(true);
  await succeeds('run', 'www');
  expect((await look(lab, www)).served).toEqual([first]);
});

test(
  'emergency, records kept: a new key, the old one gone and revoked, and no way back to it',
  { timeout: LIMIT_MS },
  async () => {
    const { mail } = lab.services;
    const stolen = await keyIn(mail.certificateFile);
    await succeeds('emergency', 'mail', '--keep-records', '--wait');
    await expect
      .poll(async () => everywhere(await look(lab, mail), (all) => !all.includes(stolen)), {
        timeout: 10_000,
      })
      .toBe(true);
    expect(await keyIn(mail.certificateFile)).not.toBe(stolen);
    const { stdout } = await succeeds('revoke', 'mail', '--reason', 'keyCompromise');
    expect(stdout).toBe('generation 2 of mail is revoked\n');
    const refused = await holger('revoke', 'mail', '--generation', '3');
    expect(refused).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('in use') as string,
    });
    // The generation before the stolen one can still be used.
    await succeeds('rollback', 'mail', '--wait');
    expect((await look(lab, mail)).served).not.toContain(stolen);
  },
);

test(
  'emergency, records withdrawn first: no TLSA until the new key is live',
  { timeout: LIMIT_MS },
  async () => {
    const { www } = lab.services;
    const stolen = await keyIn(www.certificateFile);
    const ended = await succeeds('--json', 'emergency', 'www', '--withdraw-records', '--wait');
    const events = [...ended.stdout.matchAll(/"event":"(\w[\w-]*)"/g)].map(([, event]) => event);
    const acts = events.filter((event) => /^(withdrawn|deployed|published)$/.test(event ?? ''));
    expect(acts).toEqual(['withdrawn', 'deployed', 'published']);
    const seen = await look(lab, www);
    const [key = ''] = seen.served;
    expect(key).not.toBe(stolen);
    expect(everywhere(seen, (records) => records.includes(key) && !records.includes(stolen))).toBe(
      true,
    );
  },
);

test('off, and back', { timeout: LIMIT_MS }, async () => {
  const { www } = lab.services;
  await succeeds('off', 'www', '--wait');
  expect(everywhere(await look(lab, www), (records) => records.length === 0)).toBe(true);
  await succeeds('run', 'www');
  expect(everywhere(await look(lab, www), (records) => records.length === 0)).toBe(true);
  await succeeds('off', 'www', '--undo', '--wait');
  const seen = await look(lab, www);
  expect(everywhere(seen, (records) => seen.served.every((key) => records.includes(key)))).toBe(
    true,
  );
});

test('adopt: nothing changes except what the state says', { timeout: LIMIT_MS }, async () => {
  const { mail } = lab.services;
  const before = await look(lab, mail);
  const elsewhere = ['--state', join(lab.dir, 'adopted')];
  const args = holgerCommand(lab, config).filter(
    (word) => !word.startsWith('--state') && !word.endsWith('/holger'),
  );
  const other = (...more: string[]): Promise<RunResult> =>
    lab.run([...args, ...elsewhere, ...more], { timeoutMs: LIMIT_MS });

  const wrong = join(lab.dir, 'wrong.pem');
  await writeFile(wrong, await readFile(lab.services.www.certificateFile, 'utf8'));
  const www = lab.services.www.keyFile;
  const refused = await other('adopt', 'mail', '--certificate', wrong, '--key', www);
  expect(refused).toMatchObject({
    status: 4,
    stderr: expect.stringMatching(/presents\s+another/) as string,
  });

  const adopted = await other('adopt', 'mail', '--wait');
  expect(adopted, adopted.stderr).toMatchObject({ status: 0 });
  expect(await look(lab, mail)).toEqual(before);
  const due = await other('run', 'mail');
  expect(due, due.stderr).toMatchObject({ status: 0 });
  expect(await look(lab, mail)).toEqual(before);
  // What was adopted is replaced like any other certificate, and its record is withdrawn with it.
  const renewed = await other('run', '--wait', '--force', 'mail');
  expect(renewed, renewed.stderr).toMatchObject({ status: 0 });
  const [old = ''] = before.served;
  await expect
    .poll(async () => everywhere(await look(lab, mail), (all) => !all.includes(old)), {
      timeout: 10_000,
    })
    .toBe(true);
});

test(
  'forget: a name server that is down permanently does not stop a rollover permanently',
  { timeout: LIMIT_MS },
  async () => {
    const { www } = lab.services;
    const { nsd } = lab.servers;
    const before = await keyIn(www.certificateFile);
    expect(await holger('forget', 'www', nsd.v4)).toMatchObject({ status: 4 });
    await lab.stopPart('nsd');
    const waits = await holger('run', '--force', 'www');
    expect(waits.stdout + waits.stderr).toContain(nsd.v4);
    expect(await keyIn(www.certificateFile)).toBe(before);
    await succeeds('forget', 'www', nsd.v4);
    await succeeds('forget', 'www', nsd.v6, '--wait');
    expect(await keyIn(www.certificateFile)).not.toBe(before);
  },
);

test('no client was refused', async () => {
  const { count, secureCount, failures } = await probes.stop();
  console.log(`${count} probes, ${secureCount} secured by DANE, ${failures.length} failures`);
  expect(failures).toEqual([]);
  expect(secureCount).toBeGreaterThan(100);
});
