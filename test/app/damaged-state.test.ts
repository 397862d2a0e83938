// Documents that are JSON of the wrong shape: written by an editor, another program, or from
// several backups.
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { App } from '../../src/app/use-cases/commands.ts';
import { openAppAs } from '../../src/app/wire.ts';
import type { Fields } from '../../src/base/log.ts';
import { silentLogger } from '../../src/base/log.ts';
import { parseConfig } from '../../src/config/load.ts';
import { fileNameOf } from '../../src/store/keys.ts';

let state: string;
let app: App;
let warned: Fields[];

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'holger-damaged-'));
  await mkdir(join(state, 'documents'));
  const config = parseConfig(
    `[state]
directory = "${state}"
[dns]
resolver = ["127.0.0.1:1"]
[provider.main]
type = "rfc2136"
server = "127.0.0.1:1"
tsig = { name = "holger.", secret = { env = "NOT_READ_HERE" } }
[[certificate]]
name = "mx1"
domains = ["mx1.example.org"]
services = ["smtp://mx1.example.org:25"]
[[certificate]]
name = "www"
domains = ["www.example.org"]
`,
    join(state, 'config.toml'),
  );
  warned = [];
  const logger = {
    ...silentLogger,
    warn: (_: string, fields?: Fields) => warned.push(fields ?? {}),
  };
  const { signal } = new AbortController();
  app = await openAppAs('0')({ config, logger, signal });
});
afterEach(async () => {
  await app.close();
  await rm(state, { recursive: true, force: true, maxRetries: 5 });
});

const place = (key: string): string => join(state, 'documents', `${fileNameOf(key)}.json`);
const write = (key: string, value: unknown): Promise<void> =>
  writeFile(place(key), JSON.stringify({ value: { schema: 1, revision: 3, value } }));

const generation = {
  ...{ number: 1, state: 'live', keyType: 'ec-p256', domains: [], directory: '' },
  ...{ createdAt: 1, spki: '', keyMadeAt: 1 },
};
const lineage = { schema: 1, name: 'mx1', generations: [generation], challengeRecords: [] };
const owner = {
  ...{ schema: 1, owner: '_25._tcp.mx1.example.org.', target: '.', zone: '.', security: 'secure' },
  ...{ sweptAt: 1, longestTtl: 1, versions: [], addresses: {}, writes: [], ours: [] },
};

const account = 'pause/https://acme-v02.api.letsencrypt.org/directory';

const cases: readonly [string, string, unknown][] = [
  ['a certificate without generations', 'certificate/mx1', { ...lineage, generations: undefined }],
  ['a certificate that is a list', 'certificate/mx1', [lineage]],
  ['a certificate that is a number', 'certificate/mx1', 7],
  ['generations by number', 'certificate/mx1', { ...lineage, generations: { 1: generation } }],
  [
    'a chain that is a text',
    'certificate/mx1',
    { ...lineage, generations: [{ ...generation, chain: 'PEM' }] },
  ],
  ['a failure without a time', 'certificate/mx1', { ...lineage, trouble: { message: 'x' } }],
  ['an owner without versions', 'owner/_25._tcp.mx1.example.org.', { ...owner, versions: null }],
  [
    'addresses in a list',
    'owner/_25._tcp.mx1.example.org.',
    { ...owner, addresses: ['192.0.2.1'] },
  ],
  ['a service without chains', 'service/smtp://mx1.example.org:25', { id: 'x', endpoints: {} }],
  ['a one-off of the wrong shape', 'one-off/other.example.org', { name: 'other.example.org' }],
  ['an account with half of a pause', account, { schema: 1, attempts: 1, notBefore: 2e9 }],
  ['an account that counts in a list', account, { schema: 1, used: { orders: [2e9] } }],
];

describe('K32: a state document of the wrong shape is set aside and affects no other certificate', () => {
  it.each(cases)('%s: status shows the others and changes nothing', async (_, key, value) => {
    await write('certificate/mx1', lineage);
    await write(key, value);
    const told = await app.status([]);
    expect(told.map(({ certificate }) => certificate)).toEqual(['mx1', 'www']);
    expect(warned).toContainEqual(
      expect.objectContaining({ key, detail: expect.stringContaining('cannot be read') as string }),
    );
    expect(await readdir(join(state, 'documents'))).toContain(`${fileNameOf(key)}.json`);
  });

  it.each(cases)('%s: a run sets it aside, reports that, and continues', async (_, key, value) => {
    await write(key, value);
    const request = { names: [], wait: false, dryRun: false, force: false };
    const { certificates } = await app.run(request, () => undefined);
    expect(certificates.map(({ exit }) => exit)).not.toContain(70);
    expect(warned).toContainEqual(expect.objectContaining({ key }));
    expect(await readdir(join(state, 'documents'))).toContain(`${fileNameOf(key)}.json.damaged`);
  });
});
