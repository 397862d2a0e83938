// What providers get from holger, for tests: real HTTP, a clock that does not wait.
import type { ProviderTools } from '../../providers/_kit/kind.ts';
import type { HttpClient } from '../../src/http/client.ts';
import { createHttpClient } from '../../src/http/client.ts';
import { rdataSet } from '../../src/dns/rrset.ts';
import { FarSide } from './far-side.ts';

export type Sleeps = number[];

/** `far`: what DNS answers; by default, of no zone. */
export function toolsFor(far = new FarSide()): {
  readonly tools: ProviderTools;
  /** Seconds for which the provider asked to sleep. */
  readonly slept: Sleeps;
  close(): Promise<void>;
} {
  const slept: Sleeps = [];
  const clients: HttpClient[] = [];
  const nobody = (): never => {
    throw new Error('this test makes no queries');
  };
  const tools: ProviderTools = {
    clock: {
      now: () => Date.now() / 1000 + slept.reduce((sum, one) => sum + one, 0),
      sleep: (seconds) => {
        slept.push(seconds);
        return Promise.resolve();
      },
    },
    http: (_caFile, secrets) => {
      const client = createHttpClient({ secrets });
      clients.push(client);
      return Promise.resolve(client);
    },
    addressesOf: ({ host, port }) => Promise.resolve([{ address: host, port }]),
    look: (owner, type) => {
      const zone = far.zoneAbove(owner);
      const records = zone === undefined ? [] : far.records(zone, owner, type);
      const [first] = records;
      if (first === undefined) return Promise.resolve(undefined);
      const rdata = rdataSet(records.map((record) => record.rdata));
      return Promise.resolve({ owner, type, ttl: first.ttl, rdata });
    },
    zoneOf: (name) => {
      const zone = far.zoneAbove(name);
      return zone === undefined ? nobody() : Promise.resolve(zone.name);
    },
    byHand: () => undefined,
  };
  return {
    ...{ tools, slept },
    close: async () => {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}
