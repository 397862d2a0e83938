// What the program lends to providers, for tests: HTTP as it is, a clock that does not wait.
import type { ProviderTools } from '../../providers/_kit/kind.ts';
import type { HttpClient } from '../../src/http/client.ts';
import { createHttpClient } from '../../src/http/client.ts';

export type Sleeps = number[];

export function toolsFor(): {
  readonly tools: ProviderTools;
  /** Seconds that somebody wanted to sleep. */
  readonly slept: Sleeps;
  close(): Promise<void>;
} {
  const slept: Sleeps = [];
  const clients: HttpClient[] = [];
  const nobody = (): never => {
    throw new Error('nobody is asked here');
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
    look: nobody,
    zoneOf: nobody,
    tell: () => undefined,
  };
  return {
    ...{ tools, slept },
    close: async () => {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}
