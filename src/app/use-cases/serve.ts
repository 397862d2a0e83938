// `holger serve` with the real adapters. Each round is a run: it opens everything anew, so that
// nothing grows from round to round, and certificates, zones and secrets are those of the present
// configuration.
import { hostname } from 'node:os';
import { AppError } from '../../base/errors.ts';
import { warningOnce } from '../../base/log.ts';
import type { Logger } from '../../base/log.ts';
import type { Config } from '../../config/schema.ts';
import type { Event } from '../../engine/events.ts';
import { News } from '../../engine/news.ts';
import { nextLookAt } from '../../engine/next-look.ts';
import { ASKED } from '../../engine/state/asked.ts';
import { dry } from '../../engine/state/read-only.ts';
import type { Call } from '../../ports/call.ts';
import type { Lease } from '../../ports/store.ts';
import { openServiceManager } from '../../process/service-manager.ts';
import { createHistoryFiles } from '../../store/history-files.ts';
import { createStore } from '../../store/keyv-store.ts';
import { watchKeys } from '../../store/watch-keys.ts';
import type { Wording } from '../page/events.ts';
import type { NextLooks } from '../serve/agenda.ts';
import { Current } from '../serve/current.ts';
import { Bell, schedule } from '../serve/schedule.ts';
import { systemClock } from '../world/clock.ts';
import { crashPoint } from '../world/crash-point.ts';
import { faultOf } from '../world/document-shapes.ts';
import { boundLastingHeap } from '../world/heap.ts';
import { recording } from '../world/history.ts';
import { createWorld } from '../world/world.ts';
import { findIdleAs } from './all-idle.ts';
import type { AppWorld } from './app-world.ts';
import { round } from './run.ts';
import type { OpenSite, Site, SiteOptions } from './serve-site.ts';

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
  /** How an event reads on the page. */
  readonly wording: Wording;
}

export type OpenServer = (
  context: ServeContext,
) => Promise<(request: ServeRequest) => Promise<void>>;

const LEASE = 'serve';
const LEASE_TTL = 3600;

export const openServerAs =
  (version: string, signals: Signals, env: NodeJS.ProcessEnv) =>
  (context: ServeContext) =>
  async (request: ServeRequest): Promise<void> => {
    boundLastingHeap();
    const { directory } = context.config.state;
    const lease = await leaseOf(directory);
    try {
      await serve({ ...context, version, signals, env }, request);
    } finally {
      await lease.release();
    }
  };

async function leaseOf(directory: string): Promise<Lease> {
  const store = createStore({ directory, clock: systemClock, faultOf });
  const lease = await store.acquire(LEASE, hostname(), LEASE_TTL);
  if (lease !== undefined) return lease;
  throw new AppError('LOCKED', `another holger serve works with the state in ${directory}`, {
    hint: 'end it first: systemctl stop holger-serve',
  });
}

interface Surroundings extends ServeContext {
  readonly version: string;
  readonly signals: Signals;
  readonly env: NodeJS.ProcessEnv;
}

async function serve(
  { version, signals, env, signal, logger, ...context }: Surroundings,
  { told, wording }: ServeRequest,
): Promise<void> {
  const { config } = context;
  const { directory } = config.state;
  const history = createHistoryFiles({ directory, clock: systemClock });
  const current = new Current({ ...context, logger });
  const web = await openIfAny(config, {
    ...{ version, history, clock: systemClock, log: logger, wording },
  });
  const site = web?.site;
  const manager = openServiceManager(env, logger);
  const bell = new Bell();
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
  const emit = recording(
    (event) => {
      site?.see(event);
      if (news.isNews(event)) told(event);
    },
    history,
    logger,
  );
  // What is true for every round is reported in the first one.
  const tools = { userAgent: `holger/${version}`, logger: warningOnce(logger), emit };
  const within = <T>(call: Call, use: (app: AppWorld) => Promise<T>): Promise<T> =>
    withWorld({ ...tools, config: current.config }, call, use);
  try {
    manager.ready(statusOf(config));
    if (site !== undefined) await within({ signal }, (app) => site.refresh(new Set(), app));
    const look = async (only: ReadonlySet<string> | undefined, call: Call): Promise<NextLooks> => {
      site?.begins();
      // Without the list, all are read once more.
      const mayRest =
        only === undefined && (site === undefined || site.certificates() !== undefined);
      const idle = mayRest ? await nothingDue(current.config, version) : undefined;
      if (idle === undefined) return within(call, (app) => lookOnce(only, app, site));
      site?.ends('done');
      return idle;
    };
    const rests = (until: number): void => {
      manager.status(`next round at ${new Date(until * 1000).toISOString()}`);
      void site?.rests(until);
      void web?.renew();
    };
    await schedule({ clock: systemClock, log: logger, look, rests }, bell, { signal });
  } finally {
    await manager.stopping();
    unwatch();
    await web?.close();
  }
}

/** The HTTP library is loaded only where [serve] says where to listen. */
async function openIfAny(
  { serve: options }: Config,
  tools: SiteOptions,
): Promise<OpenSite | undefined> {
  const { listen } = options;
  if (listen === undefined) return undefined;
  const { openSite } = await import('./serve-site.ts');
  return openSite(listen, options, tools);
}

async function withWorld<T>(
  {
    config,
    userAgent,
    logger,
    emit,
  }: {
    readonly config: Config;
    readonly userAgent: string;
    readonly logger: Logger;
    readonly emit: (event: Event) => void;
  },
  call: Call,
  use: (app: AppWorld) => Promise<T>,
): Promise<T> {
  const tools = { config, userAgent, logger, clock: systemClock, instant: crashPoint() };
  const world = createWorld({ ...tools, emit });
  try {
    return await use({ config, logger, userAgent, world, readOnly: dry(world), call });
  } finally {
    await world.close();
  }
}

/** As for `run`: where the index shows that nothing is due, not even the tasks are made. */
async function nothingDue(config: Config, version: string): Promise<NextLooks | undefined> {
  const { path, state } = config;
  const idle = await findIdleAs(version)({ config: path, state: state.directory });
  return idle && new Map(idle.certificates.map(({ certificate, until }) => [certificate, until]));
}

async function lookOnce(
  only: ReadonlySet<string> | undefined,
  app: AppWorld,
  site: Site | undefined,
): Promise<NextLooks> {
  try {
    const { results } = await round(only, app);
    const now = systemClock.now();
    const examined = [...results].filter(([, it]) => !('isResting' in it)).map(([name]) => name);
    await site?.refresh(new Set(examined), app);
    site?.ends('done');
    return new Map([...results].map(([name, result]) => [name, nextLookAt(result, now)]));
  } catch (error) {
    site?.ends('failed');
    throw error;
  }
}

const statusOf = ({ certificates }: Config): string => `${certificates.length} certificates`;
