import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openAppAs } from '../../src/app/wire.ts';
import { silentLogger } from '../../src/base/log.ts';
import { parseConfig } from '../../src/config/load.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holger-app-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('looks at a damaged document and leaves it where it is', async () => {
  const file = join(folder, 'documents', 'certificate%2Fmx1.json');
  await mkdir(join(folder, 'documents'));
  await writeFile(file, '{"value":{"schema":1,"revi');
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
`,
    join(folder, 'config.toml'),
  );
  const { signal } = new AbortController();
  const app = await openAppAs('0')({ config, logger: silentLogger, signal });
  expect(await app.status([])).toMatchObject([{ certificate: 'mx1', phase: 'new' }]);
  await app.close();
  expect(await readFile(file, 'utf8')).toContain('"revi');
});
