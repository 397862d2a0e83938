// `holger serve` with the real adapters. Each round is a run: it opens everything anew, so that
// nothing grows from round to round, and certificates, zones and secrets are those of the present
// configuration.
import { hostname } from 'node:os';
import { AppError, reasonOf } from '../../base/errors.ts';
import { warningOnce } from '../../base/log.ts';
import type { Logger } from '../../base/log.ts';
import type { Config } from '../../config/schema.ts';
import type { Event } from '../../engine/events.ts';
import { News } from '../../engine/news.ts';
import { nextLookAt } from '../../engine/next-look.ts';
import { ASKED } from '../../engine/state/asked.ts';
import { dry } from '../../engine/state/read-only.ts';
import type { Call } from '../../ports/call.ts';
import { openServiceManager } from '../../process/service-manager.ts';
import { createHistoryFiles } from '../../store/history-files.ts';
import { createStore } from '../../store/keyv-store.ts';
import { watchKeys } from '../../store/watch-keys.ts';
import type { NextLooks } from '../serve/agenda.ts';
import { Bell, schedule } from '../serve/schedule.ts';
import { systemClock } from '../world/clock.ts';
import { crashPoint } from '../world/crash-point.ts';
import { faultOf } from '../world/document-shapes.ts';
import { recording } from '../world/history.ts';
import { createWorld } from '../world/world.ts';
import type { AppWorld } from './app-world.ts';
import { round } from './run.ts';

/** Signals that do not end the process. */
export type Signals = (signal: 'SIGHUP' | 'SIGUSR1', act: () => void) => void;

export interface ServeContext {
  /** As it is in the file now. @throws AppError CONFIG_INVALID */
  readonly read: () => Promise<Config>;
  readonly config: Config;
  readonly logger: Logger;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
}

export interface ServeRequest {
  /** What is news; the results of a look that finds the same again are not. */
  readonly told: (event: Event) => void;
}

export type OpenServer = (
  context: ServeContext,
) => Promise<(request: ServeRequest) => Promise<void>>;

const LEASE = 'serve';
const LEASE_TTL = 3600;

export const openServerAs =
  (version: string, signals: Signals, env: NodeJS.ProcessEnv) =>
  (context: ServeContext) =>
  async ({ told }: ServeRequest): Promise<void> => {
    const { logger, signal } = context;
    const userAgent = `holger/${version}`;
    // What is true for every round is reported in the first one.
    const quiet = warningOnce(logger);
    const { directory } = context.config.state;
    const store = createStore({ directory, clock: systemClock, faultOf });
    const lease = await store.acquire(LEASE, hostname(), LEASE_TTL);
    if (lease === undefined) throw alreadyServed(directory);
    const manager = openServiceManager(env, logger);
    const bell = new Bell();
    const current = new Current(context, directory);
    signals('SIGUSR1', () => bell.ring());
    signals('SIGHUP', () => {
      manager.reloading();
      void current.readAgain().then(() => {
        manager.ready(statusOf(current.config));
        bell.ring();
      });
    });
    const unwatch = await watchKeys(directory, ASKED, () => bell.ring(), logger);
    const news = new News();
    const history = createHistoryFiles({ directory, clock: systemClock });
    const emit = recording((event) => void (news.isNews(event) && told(event)), history, logger);
    try {
      manager.ready(statusOf(current.config));
      const look = (only: ReadonlySet<string> | undefined, call: Call): Promise<NextLooks> =>
        lookOnce(only, { config: current.config, userAgent, logger: quiet, emit }, call);
      const rests = (until: number): void =>
        manager.status(`next round at ${new Date(until * 1000).toISOString()}`);
      await schedule({ clock: systemClock, log: logger, look, rests }, bell, { signal });
    } finally {
      await manager.stopping();
      unwatch();
      await lease.release();
    }
  };

/** The configuration in use. */
class Current {
  config: Config;
  readonly #context: ServeContext;
  readonly #directory: string;

  constructor(context: ServeContext, directory: string) {
    this.config = context.config;
    this.#context = context;
    this.#directory = directory;
  }

  /** One that cannot be used changes nothing. */
  async readAgain(): Promise<void> {
    const { read, logger } = this.#context;
    try {
      const config = await read();
      if (config.state.directory !== this.#directory) throw otherState(config.state.directory);
      for (const warning of config.warnings) logger.warn('configuration', { warning });
      this.config = config;
      logger.info('configuration read again', { certificates: config.certificates.length });
    } catch (error) {
      const hint = error instanceof AppError ? error.hint : undefined;
      const detail = reasonOf(error);
      logger.error('the configuration cannot be used; the one before stays in use', {
        detail,
        ...(hint && { hint }),
      });
    }
  }
}

interface Surroundings {
  readonly config: Config;
  readonly userAgent: string;
  readonly logger: Logger;
  readonly emit: (event: Event) => void;
}

async function lookOnce(
  only: ReadonlySet<string> | undefined,
  { config, userAgent, logger, emit }: Surroundings,
  call: Call,
): Promise<NextLooks> {
  const tools = { config, userAgent, logger, clock: systemClock, instant: crashPoint() };
  const world = createWorld({ ...tools, emit });
  try {
    const app: AppWorld = { config, logger, userAgent, world, readOnly: dry(world), call };
    const { results } = await round(only, app);
    const now = systemClock.now();
    return new Map([...results].map(([name, result]) => [name, nextLookAt(result, now)]));
  } finally {
    await world.close();
  }
}

const statusOf = ({ certificates }: Config): string => `${certificates.length} certificates`;

function alreadyServed(directory: string): AppError {
  return new AppError('LOCKED', `another holger serve works with the state in ${directory}`, {
    hint: 'end it first: systemctl stop holger-serve',
  });
}

function otherState(directory: string): AppError {
  return new AppError('CONFIG_INVALID', `[state] directory is another one now: ${directory}`, {
    hint: 'start holger serve again to use it: systemctl restart holger-serve',
  });
}
