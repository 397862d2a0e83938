// Documents that a later version wrote: nothing is changed, and the hint says what to do.
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openAppAs } from '../../src/app/wire.ts';
import type { App } from '../../src/app/use-cases/commands.ts';
import { silentLogger } from '../../src/base/log.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { Event } from '../../src/engine/events.ts';
import { fileNameOf } from '../../src/store/keys.ts';

let state: string;
let app: App;

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'holger-newer-'));
  await mkdir(join(state, 'documents'));
  // RSA beside ECDSA: each is the other's neighbour at one owner.
  const pair = ['mx1', 'mx1-rsa'].map(
    (name) => `[[certificate]]
name = "${name}"
domains = ["mx1.example.org"]
services = ["smtp://mx1.example.org:25"]
`,
  );
  const config = parseConfig(
    `[state]
directory = "${state}"
[dns]
resolver = ["127.0.0.1:1"]
[provider.main]
type = "rfc2136"
server = "127.0.0.1:1"
tsig = { name = "holger.", secret = { env = "NOT_READ_HERE" } }
${pair.join('')}[[certificate]]
name = "apart"
domains = ["apart.example.org"]
`,
    join(state, 'config.toml'),
  );
  const { signal } = new AbortController();
  app = await openAppAs('0')({ config, logger: silentLogger, signal });
});
afterEach(async () => {
  await app.close();
  await rm(state, { recursive: true, force: true });
});

async function write(key: string, schema: number, value: object): Promise<void> {
  const text = JSON.stringify({ value: { schema, revision: 3, value } });
  await writeFile(join(state, 'documents', `${fileNameOf(key)}.json`), text);
}

async function documents(): Promise<Record<string, string>> {
  const folder = join(state, 'documents');
  const names = (await readdir(folder)).sort();
  const texts = names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')]);
  return Object.fromEntries(await Promise.all(texts)) as Record<string, string>;
}

const lineage = { schema: 1, name: 'mx1', generations: [], challengeRecords: [] };
const parked = { number: 1, state: 'parked' };

it.each<[string, string, number, object]>([
  ['a later envelope', 'certificate/mx1', 2, lineage],
  ['a later certificate', 'certificate/mx1', 1, { ...lineage, schema: 2 }],
  ['an unknown state', 'certificate/mx1', 1, { ...lineage, generations: [parked] }],
  ['a later owner', 'owner/_25._tcp.mx1.example.org.', 1, { schema: 2 }],
  ['a later service', 'service/smtp://mx1.example.org:25', 1, { schema: 2 }],
])('%s: both certificates at the owner need a person, and nothing is changed', async (...given) => {
  const [, key, schema, value] = given;
  await write('certificate/mx1', 1, lineage);
  await write('certificate/mx1-rsa', 1, { ...lineage, name: 'mx1-rsa' });
  await write(key, schema, value);
  const before = await documents();
  const events: Event[] = [];
  const names = ['mx1', 'mx1-rsa'];
  const request = { names, wait: false, dryRun: false, force: true };
  const summary = await app.run(request, (event) => events.push(event));
  expect(summary).toMatchObject({ exit: 4, certificates: [{ exit: 4 }, { exit: 4 }] });
  expect(events).toEqual(
    names.map((certificate) =>
      expect.objectContaining({
        ...{ event: 'failed', certificate, code: 'STORE_NEWER' },
        message: expect.stringContaining('newer holger') as string,
        hint: expect.stringMatching(/install that version again.*"documents"/) as string,
      }),
    ),
  );
  const trouble = { code: 'STORE_NEWER', hint: expect.stringContaining('install') as string };
  const [first, , apart] = await app.status([]);
  expect(first).toMatchObject({ phase: 'needs a person', waitingFor: 'you', trouble });
  // status still shows the others.
  expect(apart).toMatchObject({ certificate: 'apart', phase: 'new' });
  expect(await documents()).toEqual(before);
});

it('ends as soon as the document can be read again', async () => {
  await write('owner/_25._tcp.mx1.example.org.', 2, {});
  await write('certificate/mx1', 1, lineage);
  const request = { names: [], wait: false, dryRun: false, force: false };
  await app.run(request, () => undefined);
  await rm(join(state, 'documents', `${fileNameOf('owner/_25._tcp.mx1.example.org.')}.json`));
  const [mx1] = (await app.run(request, () => undefined)).certificates;
  // No back-off remains: the run continues, as far as it comes without name servers.
  expect(mx1).toMatchObject({ state: 'failed', exit: 3 });
});
