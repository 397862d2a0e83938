import { expect, it } from 'vitest';
import { DIGEST, KEPT, keepConfigured } from '../../src/app/known/kept.ts';
import { silentLogger } from '../../src/base/log.ts';
import { parseConfig } from '../../src/config/load.ts';
import { Storage } from '../sim/storage.ts';

const config = parseConfig(
  `[provider.main]
type = "rfc2136"
server = "192.0.2.53"
[[certificate]]
name = "mx1"
domains = ["mx1.example.org"]
`,
  '/etc/holger/config.toml',
);

it('two runs that end at the same time both store the configuration', async () => {
  const storage = new Storage();
  const world = { store: storage.store(() => undefined), log: silentLogger };
  await Promise.all([keepConfigured(config, world), keepConfigured(config, world)]);
  expect([...(await world.store.keys(''))].sort()).toEqual([DIGEST, `${KEPT}mx1`]);
});
