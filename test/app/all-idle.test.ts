// A run that finds nothing due without reading a document, and everything that must make it read
// them again. Files, links and times are real; the clock is ahead of them by some seconds.
import {
  appendFile,
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tasksOf } from '../../src/app/known/tasks.ts';
import { findIdleAs } from '../../src/app/use-cases/all-idle.ts';
import type { Idle } from '../../src/app/use-cases/all-idle.ts';
import { openAppAs } from '../../src/app/wire.ts';
import { silentLogger } from '../../src/base/log.ts';
import { loadConfig } from '../../src/config/load.ts';
import { DUE_INDEX, fingerprint } from '../../src/engine/due-index.ts';
import type { DueDocument } from '../../src/engine/due-index.ts';
import { fileNameOf } from '../../src/store/keys.ts';
import { chainFromPem } from '../../src/x509/chain.ts';
import { issue } from '../support/ca.ts';

const NAMES = ['a', 'b'];
/** Longer than the steps in which file systems count. */
const AHEAD_MS = 10_000;

let folder: string;
let aheadMs: number;
const file = (...path: string[]): string => join(folder, ...path);
const document = (key: string): string => file('state/documents', `${fileNameOf(key)}.json`);
const config = (): string => file('config.toml');
const find = (version = '1', state?: string): Promise<Idle | undefined> =>
  findIdleAs(version)({ config: config(), ...(state === undefined ? {} : { state }) });

beforeEach(async () => {
  aheadMs = AHEAD_MS;
  const now = Date.now.bind(Date);
  vi.spyOn(Date, 'now').mockImplementation(() => now() + aheadMs);
  folder = await mkdtemp(join(tmpdir(), 'holger-idle-'));
  await writeFile(config(), text());
  await writeState();
  // The first run reads the documents; the second finds that nothing at all is due.
  await run();
  await run();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

const text = (): string => `[state]
# below the configuration
directory = "state"
[dns]
resolver = ["127.0.0.1:1"]
[provider.main]
type = "rfc2136"
server = "127.0.0.1:1"
tsig = { name = "holger.", secret = { env = "NOT_READ_HERE" } }
${NAMES.map(certificate).join('')}`;

const certificate = (name: string): string => `[[certificate]]
name = "${name}"
domains = ["${name}.example.org"]
services = ["smtp://${name}.example.org"]
deploy = [{ type = "files", certificate = "tls/${name}.pem", key = "tls/${name}.key" }]
`;

async function writeState(): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  const wanted = { dns: NAMES.map((name) => `${name}.example.org`), notBefore: now - 86_400 };
  const leaf = await issue({ ...wanted, notAfter: now + 86_400 });
  const chain = chainFromPem(leaf.pem);
  const loaded = await loadConfig(config());
  for (const path of ['tls', 'state/documents']) await mkdir(file(path), { recursive: true });
  for (const { intent } of tasksOf(loaded.certificates, loaded)) {
    const { name, domains, keyType, directory } = intent;
    const at = now - 3_600;
    const times = { createdAt: at, keyMadeAt: at, issuedAt: at, deployedAt: at, provenAt: at };
    const spki = chain.certificates[0]?.spki ?? '';
    const live = { number: 1, state: 'live', keyType, domains, directory, spki, ...times, chain };
    const value = {
      ...{ schema: 1, name, generations: [live], challengeRecords: [] },
      ...{ idleUntil: now + 3_600, idleIntent: fingerprint(intent) },
    };
    await write(`certificate/${name}`, value);
    const home = file('state/certificates', name);
    await mkdir(join(home, '1'), { recursive: true });
    await symlink('1', join(home, 'live'));
    for (const path of [join(home, '1/privkey.pem'), file('tls', `${name}.key`)]) {
      await writeFile(path, leaf.keyPem, { mode: 0o600 });
    }
    for (const path of [join(home, '1/fullchain.pem'), file('tls', `${name}.pem`)]) {
      await writeFile(path, leaf.pem);
    }
  }
}

const write = (key: string, value: unknown): Promise<void> =>
  writeFile(document(key), JSON.stringify({ value: { schema: 1, revision: 3, value } }));

async function run(names: readonly string[] = []): Promise<readonly string[]> {
  const { signal } = new AbortController();
  const app = await openAppAs('1')({
    ...{ config: await loadConfig(config()), logger: silentLogger, signal },
  });
  try {
    const request = { names, wait: false, dryRun: false, force: false };
    const { certificates } = await app.run(request, () => undefined);
    return certificates.map(({ state }) => state);
  } finally {
    await app.close();
  }
}

async function index(): Promise<DueDocument> {
  const { value } = JSON.parse(await readFile(document(DUE_INDEX), 'utf8')) as {
    readonly value: { readonly value: DueDocument };
  };
  return value.value;
}

/** Another file of the same content takes its place, with the times that it had. */
async function restored(path: string): Promise<void> {
  await copyFile(path, `${path}.backup`);
  await utimes(`${path}.backup`, 1, 1);
  await rename(`${path}.backup`, path);
}

describe('a run with nothing due', () => {
  it('is found without a document of a certificate, with all that a run would say', async () => {
    const { entries } = await index();
    expect(await find()).toEqual({
      warnings: [],
      certificates: NAMES.map((name, at) => ({
        ...{ certificate: name, state: 'done', exit: 0, why: [], until: entries[at]?.until },
      })),
    });
  });

  it('writes nothing', async () => {
    const before = await readFile(document(DUE_INDEX), 'utf8');
    expect(await run()).toEqual(['done', 'done']);
    expect(await readFile(document(DUE_INDEX), 'utf8')).toBe(before);
  });

  it('is not assumed before a run has seen it', async () => {
    await rm(document(DUE_INDEX));
    expect(await find()).toBeUndefined();
    await run();
    // That run has written the index, which the state did not have before.
    expect(await find()).toBeUndefined();
    await run();
    expect(await find()).toBeDefined();
  });
});

const CHANGES: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['a target was changed in place', () => appendFile(file('tls/a.pem'), '\n')],
  ['a target was cut and filled again', () => refill(file('tls/a.pem'))],
  ['a target was replaced by an older file', () => restored(file('tls/b.key'))],
  ['a target was removed', () => rm(file('tls/a.key'))],
  ['a target has other rights', () => chmod(file('tls/b.pem'), 0o600)],
  ['`live` leads elsewhere', () => relinked()],
  [
    'a chain was marked as revoked',
    () => writeFile(file('state/certificates/a/1/revoked.txt'), ''),
  ],
  ['a document was restored from a backup', () => restored(document('certificate/a'))],
  ['a document was written in place', () => refill(document('certificate/b'))],
  ['a document was removed', () => rm(document('certificate/b'))],
  ['a certificate was issued on the command line', () => write('one-off/c', {})],
  ['a renaming has begun', () => write('renaming/c', { schema: 1, from: 'a', since: 0 })],
  ['the configuration was changed', () => appendFile(config(), '# later\n')],
  ['the configuration was removed', () => rm(config())],
  ['the index is damaged', () => truncate(document(DUE_INDEX), 100)],
  [
    'the index is of another version',
    async () => write(DUE_INDEX, { ...(await index()), format: 2 }),
  ],
  ['the index is of another clock', () => ofAnotherClock()],
  ['a time has come', () => Promise.resolve((aheadMs += 3_600_000))],
  ['the clock was set back', () => Promise.resolve((aheadMs -= 60_000))],
];

async function refill(path: string): Promise<void> {
  const content = await readFile(path);
  await truncate(path);
  await writeFile(path, content);
}

async function relinked(): Promise<void> {
  await mkdir(file('state/certificates/a/2'));
  await rm(file('state/certificates/a/live'));
  await symlink('2', file('state/certificates/a/live'));
}

async function ofAnotherClock(): Promise<void> {
  const { savedAt, ...rest } = await index();
  const before = savedAt && { ...savedAt, at: savedAt.at - 60 };
  await write(DUE_INDEX, { ...rest, savedAt: before });
}

describe('documents are read again', () => {
  it.each(CHANGES)('after %s', async (_, change) => {
    expect(await find()).toBeDefined();
    await change();
    expect(await find()).toBeUndefined();
  });

  it('by another version of holger, and for another state', async () => {
    expect(await find('2')).toBeUndefined();
    expect(await find('1', file('other'))).toBeUndefined();
    expect(await find('1', file('state'))).toBeDefined();
  });
});

describe('an index that is not right any more', () => {
  it('names no certificate that was not examined since it changed', async () => {
    await writeFile(file('tls/a.pem'), 'of another program');
    expect(await run()).toEqual(['failed', 'done']);
    expect((await index()).entries.map(({ name }) => name)).toEqual(['b']);
    expect(await find()).toBeUndefined();
  });

  it.each(['a damaged one', 'one of another version'])('%s is written anew', async (which) => {
    if (which === 'a damaged one') await truncate(document(DUE_INDEX), 100);
    else await write(DUE_INDEX, { ...(await index()), format: 2 });
    expect(await run()).toEqual(['done', 'done']);
    expect((await index()).entries).toHaveLength(2);
    await run();
    expect(await find()).toBeDefined();
  });

  it('stays as it is when only some certificates are asked for', async () => {
    const before = await index();
    await run(['a']);
    expect(await index()).toEqual(before);
    // The named certificate was examined, so its document has changed.
    expect(await find()).toBeUndefined();
  });
});
