// Ports whose calls take time, so that others act meanwhile: the chance of the history decides how
// long, and with that how certificates interleave.
import { createHash } from 'node:crypto';
import type { Seconds } from '../../../src/base/clock.ts';
import type { Store } from '../../../src/ports/store.ts';
import type { Chance } from '../chance.ts';
import type { SharedTimeline } from './shared-timeline.ts';

export class Latency {
  readonly #timeline: SharedTimeline;
  readonly #chance: Chance;
  readonly #longest: Seconds;
  readonly #calls = createHash('sha256');
  count = 0;

  constructor(timeline: SharedTimeline, chance: Chance, longest: Seconds) {
    this.#timeline = timeline;
    this.#chance = chance;
    this.#longest = longest;
  }

  /** Every call so far, with its time: the same for the same interleaving. */
  digest(): string {
    return this.#calls.copy().digest('hex').slice(0, 16);
  }

  async #pass(label: string): Promise<void> {
    this.count += 1;
    this.#calls.update(`${this.#timeline.now()} ${label}\n`);
    if (this.#chance.happens(0.4)) return;
    const isLong = this.#chance.happens(0.05);
    await this.#timeline.sleep(this.#chance.between(0, isLong ? 10 : 1) * this.#longest);
  }

  /** The same port; a process that ends during a call learns nothing of its result. */
  slowed<T extends object>(name: string, port: T, alive: () => void): T {
    const slow = (key: string, method: Method): Method => {
      return async (...args) => {
        alive();
        await this.#pass(`${name}.${key}`);
        alive();
        const result = await method(...args);
        await this.#pass('');
        alive();
        return result;
      };
    };
    const parts = Object.entries(port).map(([key, value]): [string, unknown] => {
      const isCall = typeof value === 'function' && key !== 'folder';
      return [key, isCall ? slow(key, value as Method) : value];
    });
    return Object.fromEntries(parts) as T;
  }

  /** Giving back a lease takes time, too. */
  slowedStore(store: Store, alive: () => void): Store {
    const acquire: Store['acquire'] = async (...args) => {
      const lease = await store.acquire(...args);
      return lease === undefined ? undefined : this.slowed('lease', lease, alive);
    };
    return this.slowed('store', { ...store, acquire }, alive);
  }
}

type Method = (...args: unknown[]) => Promise<unknown>;
