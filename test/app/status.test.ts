import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openAppAs } from '../../src/app/wire.ts';
import { silentLogger } from '../../src/base/log.ts';
import { parseConfig } from '../../src/config/load.ts';
import { newLineage } from '../../src/rollover/model.ts';
import { NOW, chain, generation } from '../rollover/world.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holger-app-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What `status` says of mx1, whose document this is. */
async function statusOf(document: string): Promise<unknown> {
  const documents = join(folder, 'documents');
  await mkdir(documents, { recursive: true });
  await writeFile(join(documents, 'certificate%2Fmx1.json'), document);
  const config = parseConfig(
    `[state]
directory = "${folder}"
[provider.main]
type = "rfc2136"
server = "192.0.2.53"
tsig = { name = "holger.", secret = { env = "NOT_READ_HERE" } }
[[certificate]]
name = "mx1"
domains = ["mx1.example.org"]
services = ["smtp://mx1.example.org"]
`,
    join(folder, 'config.toml'),
  );
  const { signal } = new AbortController();
  const app = await openAppAs('0')({ config, logger: silentLogger, signal });
  const status = await app.status([]);
  await app.close();
  return status;
}

it('looks at a damaged document and leaves it where it is', async () => {
  const damaged = '{"value":{"schema":1,"revi';
  expect(await statusOf(damaged)).toMatchObject([{ certificate: 'mx1', phase: 'new' }]);
  const file = join(folder, 'documents', 'certificate%2Fmx1.json');
  expect(await readFile(file, 'utf8')).toContain('"revi');
});

it('says which name server an order waits for, and what ends that', async () => {
  const { chain: _none, ...key } = generation(1, 'key', chain('A'));
  const silent = { server: 'ns2.example.org.', since: NOW };
  const value = {
    ...newLineage('mx1'),
    generations: [{ ...key, directory: 'https://acme-v02.api.letsencrypt.org/directory' }],
    silentServers: { '192.0.2.54': silent },
  };
  const ordering = {
    ...value,
    generations: value.generations.map((one) => ({ ...one, orderUrl: 'https://ca.example/1' })),
  };
  const written = (lineage: object): string =>
    JSON.stringify({ value: { schema: 1, revision: 1, value: lineage } });
  expect(await statusOf(written(ordering))).toMatchObject([
    {
      why: expect.arrayContaining([
        'ns2.example.org. 192.0.2.54 is silent since 2026-11-21T12:00:00Z, and the CA may ask it',
      ]) as unknown,
      hints: expect.arrayContaining([
        expect.stringContaining('holger forget mx1 192.0.2.54'),
      ]) as unknown,
    },
  ]);
  expect(JSON.stringify(await statusOf(written(value)))).not.toContain('192.0.2.54');
});
