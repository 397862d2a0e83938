// `check --watch` over the real world: the check, the state, the notifiers and the clock put together.
import { createHash, randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Instant, Seconds } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { CheckOptions } from '../check/check.ts';
import type { Target } from '../check/facts.ts';
import type { Row } from '../check/row.ts';
import { rowOf, targetText } from '../check/row.ts';
import { parseTarget } from '../check/target.ts';
import type { WatchState, WatchWorld } from '../check/watch.ts';
import { watch } from '../check/watch.ts';
import type { Config } from '../config/schema.ts';
import type { Call } from '../ports/call.ts';
import type { Stored } from '../ports/store.ts';
import { createStore } from '../store/keyv-store.ts';
import type { CheckContext } from './check.ts';
import { openChecker } from './check.ts';
import { systemClock } from './clock.ts';
import { notifiersOf } from './notifiers.ts';

export interface WatchContext extends CheckContext {
  /** Where the state lies; undefined: nothing is remembered beyond this process. */
  readonly stateFolder: string | undefined;
}

export interface WatchRequest extends Pick<CheckOptions, 'repeat' | 'silenced' | 'servers'> {
  /** Named on the command line: looked at instead of what the configuration says. */
  readonly named: readonly Target[];
  /** For which time certificates are judged, when it is now. */
  readonly at: (now: Instant) => Instant;
  readonly interval: Seconds;
  readonly remind: Seconds;
  readonly told: WatchWorld['told'];
}

export type Watcher = (request: WatchRequest) => Promise<void>;
export type OpenWatcher = (context: WatchContext) => Promise<Watcher>;

/** What is to be looked at: each once. */
function watchedTargets(named: readonly Target[], config: Config | undefined): Target[] {
  const all = named.length > 0 ? named : [...(config?.monitor.targets ?? []), ...ownOf(config)];
  return [...new Map(all.map((target) => [targetText(target), target])).values()];
}

function ownOf(config: Config | undefined): readonly Target[] {
  if (config?.monitor.configured !== true) return [];
  const services = config.certificates.flatMap((certificate) => certificate.services);
  return services
    .filter(({ reachable, running }) => reachable && running)
    .map(({ url }) => parseTarget(url, false));
}

const SCHEMA = 1;
const LEASE_TTL = 3600;

interface Kept extends WatchState {
  readonly schema: number;
}

/** Each list that is named on the command line has a memory of its own. */
function keyOf(named: readonly Target[]): string {
  if (named.length === 0) return 'watch/configured';
  const list = named.map(targetText).sort().join('\n');
  return `watch/${createHash('sha256').update(list).digest('hex').slice(0, 16)}`;
}

async function withState(
  { stateFolder, logger }: WatchContext,
  key: string,
  use: (keep: WatchWorld['keep']) => Promise<void>,
): Promise<void> {
  if (stateFolder === undefined) {
    await use({ read: () => Promise.resolve(undefined), write: () => Promise.resolve() });
    return;
  }
  const store = createStore({ directory: stateFolder, clock: systemClock });
  const lease = await store.acquire(key, hostname(), LEASE_TTL);
  if (lease === undefined) {
    throw new AppError('LOCKED', 'another watch looks at the same targets with this state', {
      hint: 'end it first, or give this one a folder of its own with --state',
    });
  }
  const read = async (): Promise<Stored<Kept> | undefined> => {
    try {
      return await store.read<Kept>(key);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'STORE_CORRUPT') throw error;
      logger.warn('what was told is not known any more', { detail: error.message });
      await store.setAside(key);
      return undefined;
    }
  };
  try {
    const stored = await read();
    let revision = stored?.revision ?? 0;
    await use({
      read: () => Promise.resolve(stored?.value.schema === SCHEMA ? stored.value : undefined),
      write: async ({ memory, outbox }) => {
        revision = await store.write(key, { schema: SCHEMA, memory, outbox }, revision);
      },
    });
  } finally {
    await lease.release();
  }
}

export const openWatcherAs =
  (version: string) =>
  (context: WatchContext): Watcher =>
  async ({ named, interval, remind, told, at, ...options }) => {
    const { config, logger, signal } = context;
    const targets = watchedTargets(named, config);
    if (targets.length === 0) {
      throw new AppError('USAGE', 'nothing to watch', {
        hint: 'name targets, or write them into [monitor] of the configuration',
      });
    }
    const look = async (call: Call): Promise<readonly Row[]> => {
      // Anew for each round: roots and resolvers may have changed meanwhile.
      const check = openChecker({ ...context, signal: call.signal ?? signal });
      const rows: Row[] = [];
      for await (const report of check({ ...options, targets, at: at(systemClock.now()) })) {
        rows.push(rowOf(report));
      }
      return rows;
    };
    await withState(context, keyOf(named), (keep) =>
      watch(
        { interval, remind },
        {
          ...{ clock: systemClock, random: Math.random, newId: randomUUID, host: hostname() },
          ...{ look, keep, told, log: logger },
          notifiers: notifiersOf(config?.monitor.notify ?? [], `holger/${version}`),
        },
        { signal },
      ),
    );
  };
