// `check --watch` with the real adapters: the check, the state, the notifiers and the clock.
import { createHash, randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Instant, Seconds } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import { warningOnce } from '../../base/log.ts';
import type { CheckOptions } from '../../check/check.ts';
import type { Target } from '../../check/gather/facts.ts';
import type { Row } from '../../watch/snapshot.ts';
import { targetText } from '../../check/gather/target.ts';
import { rowOf } from '../../watch/snapshot.ts';
import type { WatchState, WatchWorld } from '../../watch/watch.ts';
import { watch } from '../../watch/watch.ts';
import type { Config } from '../../config/schema.ts';
import type { Call } from '../../ports/call.ts';
import type { Stored } from '../../ports/store.ts';
import { createStore } from '../../store/keyv-store.ts';
import type { CheckContext, Checker } from './check.ts';
import { openCheckerAs } from './check.ts';
import { systemClock } from '../world/clock.ts';
import { faultOf } from '../world/document-shapes.ts';
import { notifiersOf } from '../world/notifiers.ts';

export interface WatchContext extends CheckContext {
  /** The folder of the state; undefined: nothing is stored beyond this process. */
  readonly stateFolder: string | undefined;
}

export interface WatchRequest extends Pick<
  CheckOptions,
  'repeat' | 'silenced' | 'servers' | 'timeout'
> {
  /** Named on the command line: checked in place of the targets of [monitor]. */
  readonly named: readonly Target[];
  /** `--configured`; the same for the services and certificates of the configuration. */
  readonly configured: boolean;
  /** As of which time certificates are judged, given the present time. */
  readonly at: (now: Instant) => Instant;
  readonly interval: Seconds;
  readonly remind: Seconds;
  readonly told: WatchWorld['told'];
}

export type Watcher = (request: WatchRequest) => Promise<void>;
export type OpenWatcher = (context: WatchContext) => Promise<Watcher>;

/** The targets, each once; a configured service has more data than its URL. */
async function targetsOf(
  { named, configured }: Pick<WatchRequest, 'named' | 'configured'>,
  config: Config | undefined,
  checker: Checker,
  tell: (notes: readonly string[]) => void,
): Promise<readonly Target[]> {
  const monitor = isNamed({ named, configured }) ? undefined : config?.monitor;
  const own = configured || monitor?.configured === true ? await checker.configured() : undefined;
  tell(own?.notes ?? []);
  const all = [...named, ...(monitor?.targets ?? []), ...(own?.targets ?? [])];
  return [...new Map(all.map((target) => [targetText(target), target])).values()];
}

const isNamed = ({ named, configured }: Pick<WatchRequest, 'named' | 'configured'>): boolean =>
  named.length > 0 || configured;

const SCHEMA = 1;
const LEASE_TTL = 3600;

interface Kept extends WatchState {
  readonly schema: number;
}

/** Each list on a command line has a state of its own. */
function keyOf(asked: Pick<WatchRequest, 'named' | 'configured'>): string {
  if (!isNamed(asked)) return 'watch/monitor';
  const own = asked.configured ? ['--configured'] : [];
  const list = [...asked.named.map(targetText), ...own].sort().join('\n');
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
  const store = createStore({ directory: stateFolder, clock: systemClock, faultOf });
  const lease = await store.acquire(key, hostname(), LEASE_TTL);
  if (lease === undefined) {
    throw new AppError('LOCKED', 'another watch checks the same targets with this state', {
      hint: 'end it first, or give this one a state folder of its own with --state',
    });
  }
  const read = async (): Promise<Stored<Kept> | undefined> => {
    try {
      return await store.read<Kept>(key);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'STORE_CORRUPT') throw error;
      logger.warn('it is not known any more which news was reported', { detail: error.message });
      await store.setAside(key);
      return undefined;
    }
  };
  try {
    const stored = await read();
    let revision = stored?.revision ?? 0;
    await use({
      read: () => Promise.resolve(stored?.value.schema === SCHEMA ? stored.value : undefined),
      write: async (state) => {
        revision = await store.write(key, { schema: SCHEMA, ...state }, revision);
      },
    });
  } finally {
    await lease.release();
  }
}

export const openWatcherAs =
  (version: string) =>
  (context: WatchContext): Watcher =>
  async ({ named, configured, interval, remind, told, at, ...options }) => {
    const { config, logger, signal } = context;
    const asked = { named, configured };
    if (!isNamed(asked) && isIdle(config)) throw nothingToWatch();
    const notesTold = new Set<string>();
    const tell = (notes: readonly string[]): void => {
      for (const note of notes) if (!notesTold.has(note)) logger.warn('state', { note });
      for (const note of notes) notesTold.add(note);
    };
    const onceOnly = warningOnce(logger);
    const look = async (call: Call): Promise<readonly Row[]> => {
      // Made again for each round: state, roots and resolvers may have changed meanwhile.
      const own = { ...context, signal: call.signal ?? signal, logger: onceOnly };
      const checker = openCheckerAs(version)(own);
      const targets = await targetsOf(asked, config, checker, tell);
      const reports = checker.reports({ ...options, targets, at: at(systemClock.now()) });
      const rows: Row[] = [];
      for await (const report of reports) rows.push(rowOf(report));
      return rows;
    };
    await withState(context, keyOf(asked), (keep) =>
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

function isIdle(config: Config | undefined): boolean {
  if (config === undefined) return true;
  const { certificates, monitor } = config;
  return monitor.targets.length === 0 && !(monitor.configured && certificates.length > 0);
}

function nothingToWatch(): AppError {
  return new AppError('USAGE', 'nothing to watch', {
    hint: 'name targets, or add them to [monitor] in the configuration',
  });
}
