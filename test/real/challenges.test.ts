// The challenges dns-account-01 and dns-persist-01 at Pebble: where their records are, which stay,
// and how one that stays follows the account.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installationCommand, runHolger } from '../lab/holger.ts';
import type { HolgerRun } from '../lab/holger.ts';
import { writeInstallation } from '../lab/holger-config.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { dig } from '../lab/checks.ts';

const LIMIT_MS = 180_000;
const STATE = 'challenges';
const PERSIST = '_validation-persist.persist.dane.test.';

let lab: Lab;
let config: string;

const certificate = (name: string): string =>
  `[[certificate]]
name = "${name}"
domains = ["${name}.dane.test", "*.${name}.dane.test"]
dane = false
issuer = "${name}"
`;

const issuer = (name: string, challenge: string): string =>
  `[issuer.${name}]
type = "acme"
directory = "${lab.acme.directory}"
ca_file = "${lab.acme.caFile}"
challenge = "${challenge}"
`;

beforeAll(async () => {
  lab = await startLab({
    ...{ index: 124, ttl: 2, pebbleEnv: { PEBBLE_AUTHZREUSE: '0' } },
    parts: ['parent', 'primary', 'nsd', 'knot', 'resolver', 'pebble'],
  });
  config = await writeInstallation(lab, STATE, [
    certificate('label'),
    certificate('persist'),
    issuer('label', 'dns-account-01'),
    `${issuer('persist', 'dns-persist-01')}experimental = true\n`,
  ]);
}, LIMIT_MS);
afterAll(() => lab?.stop());

const holger = (...args: string[]): Promise<HolgerRun> =>
  runHolger(lab, installationCommand(config, '--json', ...args));

async function runs(...args: string[]): Promise<HolgerRun> {
  const done = await holger('run', ...args);
  expect(done.status, done.told).toBe(0);
  return done;
}

const published = ({ events }: HolgerRun): readonly unknown[] =>
  events.flatMap((it) => (it.event === 'challenge-published' ? [it['owner']] : []));

const values = async (): Promise<readonly string[]> => {
  const shown = await dig(['+short', '+norec', `@${lab.servers.primary.v4}`, PERSIST, 'TXT']);
  return shown.trim().split('\n').filter(Boolean);
};

test(
  'dns-account-01: the record is below the label of the account, and is withdrawn',
  async () => {
    const owners = new Set(published(await runs('label')));
    expect([...owners]).toEqual([
      expect.stringMatching(/^_[a-z2-7]{16}\._acme-challenge\.label\.dane\.test\.$/),
    ]);
    const [owner = ''] = [...owners].map(String);
    const left = ['+short', '+norec', `@${lab.servers.primary.v4}`, owner, 'TXT'];
    expect(await dig(left)).toBe('');
  },
  LIMIT_MS,
);

test(
  'dns-persist-01: one record for the name and its wildcard stays, and later orders write nothing',
  async () => {
    expect(published(await runs('persist'))).toEqual([PERSIST]);
    const [value = '', ...others] = await values();
    expect(others).toEqual([]);
    expect(value).toMatch(/^"pebble\.dane\.test; accounturi=https:.*; policy=wildcard"$/);
    const again = await runs('persist', '--force');
    expect(again.events.map(({ event }) => event)).toContain('issued');
    expect(published(again)).toEqual([]);
    expect(await values()).toEqual([value]);
  },
  LIMIT_MS,
);

test(
  'dns-persist-01: with another account the record is published beside the former one, which is withdrawn after the order',
  async () => {
    const [before] = await values();
    await rm(join(lab.dir, STATE, 'accounts'), { recursive: true });
    expect(published(await runs('persist', '--force', '--wait'))).toEqual([PERSIST]);
    const after = await values();
    expect(after).toHaveLength(1);
    expect(after).not.toEqual([before]);
  },
  LIMIT_MS,
);

test(
  'dns-persist-01: the record goes with the certificate, although the documents were lost before',
  async () => {
    await rm(join(lab.dir, STATE, 'documents'), { recursive: true });
    expect((await runs('persist')).events.map(({ event }) => event)).toContain('rebuilt');
    expect(await values()).toHaveLength(1);
    const rest = [certificate('label'), issuer('label', 'dns-account-01')];
    config = await writeInstallation(lab, STATE, rest);
    const deleted = await holger('delete', 'persist', '--move-files', '--wait');
    expect(deleted.status, deleted.told).toBe(0);
    expect(await values()).toEqual([]);
  },
  LIMIT_MS,
);
