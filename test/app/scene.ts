// The state that runs leave, for tests of what is done with it later.
import { join } from 'node:path';
import { readInstallation } from '../../src/app/known/departed.ts';
import type { Installation } from '../../src/app/known/departed.ts';
import { keepConfigured } from '../../src/app/known/kept.ts';
import { silentLogger } from '../../src/base/log.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import type { Store } from '../../src/ports/store.ts';
import { newLineage } from '../../src/rollover/model.ts';
import { NOW, chain, generation, record } from '../rollover/world.ts';

export const OWNER = '_25._tcp.mx1.example.org.';
export const SMTP = 'smtp://mx1.example.org';
export const A = chain('A');
export const OURS = record('3 1 1', A);

export const certificate = (name: string, services: readonly string[], more = ''): string =>
  `[[certificate]]
name = "${name}"
domains = ["mx1.example.org"]
services = ${JSON.stringify(services)}
${more}`;

export interface Scene {
  configOf(...certificates: readonly string[]): Config;
  /**
   * What a run leaves: the configuration that it had, a live generation, and records at each owner.
   */
  ran(config: Config, owners?: readonly string[]): Promise<void>;
  now(config: Config): Promise<Installation>;
}

/** `state`: a function, because every test has its own. */
export function sceneIn(state: () => { readonly folder: string; readonly store: Store }): Scene {
  return {
    configOf: (...certificates) => {
      const { folder } = state();
      const head = `[state]
directory = "${folder}"
[provider.main]
type = "rfc2136"
server = "192.0.2.53"
tsig = { name = "holger.", secret = { env = "NOT_READ_HERE" } }
`;
      return parseConfig(head + certificates.join('\n'), join(folder, 'config.toml'));
    },
    ran: async (config, owners = [OWNER]) => {
      const { store } = state();
      for (const { name } of config.certificates) {
        const generations = [generation(1, 'live', A)];
        await store.write(`certificate/${name}`, { ...newLineage(name), generations }, 0);
      }
      for (const owner of owners) await store.write(`owner/${owner}`, historyOf(owner), 0);
      await keepConfigured(config, { store, log: silentLogger });
    },
    now: (config) => readInstallation(config, { store: state().store, log: silentLogger }),
  };
}

function historyOf(owner: string): object {
  const key = `3600 ${OURS}`;
  const version = { key, content: [OURS], ttl: 3600, unknown: false, seenAt: NOW };
  return {
    ...{ schema: 1, owner, target: owner, zone: 'example.org.', security: 'secure' },
    ...{ sweptAt: NOW, longestTtl: 3600, versions: [version], writes: [], ours: [OURS] },
    addresses: { '192.0.2.53': { server: 'ns.', mayServe: [key], serial: 1, answeredAt: NOW } },
  };
}
