// What `holger issue` stores, keeps and deletes.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/app/world/clock.ts';
import { readInstallation } from '../../src/app/known/departed.ts';
import type { Installation } from '../../src/app/known/departed.ts';
import { certificateFor, forgetUnordered } from '../../src/app/use-cases/issue.ts';
import { silentLogger } from '../../src/base/log.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { DeployConfig } from '../../src/config/schema.ts';
import { serviceFrom } from '../../src/config/options/service.ts';
import type { World } from '../../src/engine/world.ts';
import type { Store } from '../../src/ports/store.ts';
import { newLineage } from '../../src/rollover/model.ts';
import { createGenerationFiles } from '../../src/store/generation-files.ts';
import { createStore } from '../../src/store/keyv-store.ts';
import { chain, generation } from '../rollover/world.ts';

let folder: string;
let store: Store;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holger-issue-'));
  store = createStore({ directory: folder, clock: systemClock });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const installation = (): Promise<Installation> => {
  const text = `[state]
directory = "${folder}"
[provider.main]
type = "rfc2136"
server = "192.0.2.53"
tsig = { name = "holger.", secret = { env = "NOT_READ_HERE" } }
[[certificate]]
name = "configured"
domains = ["www.example.org"]
`;
  const config = parseConfig(text, join(folder, 'config.toml'));
  return readInstallation(config, { store, log: silentLogger });
};
const request = (
  domains: readonly string[],
  services: readonly string[] = [],
  deploy: readonly DeployConfig[] = [],
) => ({ domains, services: services.map(serviceFrom), provider: undefined, deploy, timeout: 60 });
const reload: DeployConfig = {
  type: 'command',
  command: ['reload'],
  timeout: 60,
  compatible: undefined,
};

describe('K39: issue', () => {
  it('keeps options that a second call does not name', async () => {
    const names = ['mx1.example.org', 'mail.example.org'];
    const asked = request(names, ['smtp://mx1.example.org'], [reload]);
    const first = certificateFor({ ...asked, provider: 'main' }, await installation());
    await store.write(`one-off/${first.name}`, first, 0);
    const again = certificateFor(request([...names].reverse()), await installation());
    expect(again).toMatchObject({
      name: 'mx1.example.org',
      services: [{ url: 'smtp://mx1.example.org' }],
      deploy: [{ type: 'command', command: ['reload'] }],
      ...{ provider: 'main', dane: true },
    });
  });

  it.each(['mx1', '192.0.2.1', 'a.*.example.org', '*', 'mx 1.example.org', ''])(
    'stores nothing of "%s", which cannot be issued',
    async (name) => {
      const known = await installation();
      expect(() => certificateFor(request([name]), known)).toThrow(
        expect.objectContaining({ exit: 2 }) as Error,
      );
    },
  );

  it('refuses a configured certificate', async () => {
    const known = await installation();
    expect(() => certificateFor(request(['www.example.org']), known)).toThrow(/is configured/);
  });

  it('deletes a certificate for which no order was placed, and nothing else', async () => {
    const files = createGenerationFiles(folder);
    const world = { store, files, log: silentLogger, clock: systemClock } as World;
    const name = 'mx1.example.org';
    const { chain: _none, ...key } = generation(1, 'key', chain('A'));
    await store.write(`one-off/${name}`, certificateFor(request([name]), await installation()), 0);
    const ordered = { ...key, orderUrl: 'https://ca.example/order/1' };
    await store.write(`certificate/${name}`, { ...newLineage(name), generations: [ordered] }, 0);
    expect(await forgetUnordered(name, world)).toBe(false);
    await store.write(`certificate/${name}`, { ...newLineage(name), generations: [key] }, 1);
    expect(await forgetUnordered(name, world)).toBe(true);
    expect(await store.keys('')).toEqual([]);
  });
});
