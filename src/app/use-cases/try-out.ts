// `run --staging`: the configuration with the test environment of the CA in place of the CA. The
// account there has a folder of its own: the CA itself is not asked, even if both have one
// directory.
import path from 'node:path';
import { AppError } from '../../base/errors.ts';
import { acmeIssuersOf, DEFAULT_ISSUER, issuersOf } from '../../config/issuers.ts';
import type { AcmeConfig, Config } from '../../config/schema.ts';
import { stagingDirectoryOf } from '../../config/staging.ts';
import { tryOut } from '../../engine/try-out.ts';
import type { Task } from '../../engine/world.ts';
import { readInstallation } from '../known/departed.ts';
import { tasksOf } from '../known/tasks.ts';
import { systemClock } from '../world/clock.ts';
import { createIssuers } from '../world/world.ts';
import { named } from './app-world.ts';
import type { AppWorld } from './app-world.ts';
import type { RunSummary, TryOutRequest } from './commands.ts';
import { summaryFrom } from './summary.ts';

/** The issuance alone; nothing of it is kept. */
export async function tryOutAtStaging(
  { names, wait }: TryOutRequest,
  { config, logger, userAgent, world, call }: AppWorld,
): Promise<RunSummary> {
  const staging = atStaging(config);
  const installation = await readInstallation(config, world);
  const chosen = named(names, tasksOf(installation.certificates, staging));
  mustHaveStaging(chosen, config);
  const issuers = createIssuers(staging, { clock: systemClock, logger, userAgent });
  try {
    const there = { ...world, issuerAt: issuers.at };
    return summaryFrom(await tryOut(chosen, there, { wait }, call));
  } finally {
    await issuers.close();
  }
}

function atStaging(config: Config): Config {
  const { acme, issuer, state } = config;
  const staged = <T extends AcmeConfig>(one: T): T => {
    const directory = stagingDirectoryOf(one) ?? one.directory;
    return { ...one, directory, eab: one.stagingEab };
  };
  const others = Object.entries(issuer).map(
    ([name, one]) => [name, one.type === 'acme' ? staged(one) : one] as const,
  );
  return {
    ...config,
    acme: staged(acme),
    issuer: Object.fromEntries(others),
    state: { directory: path.join(state.directory, 'staging') },
  };
}

/** @throws AppError USAGE if no test environment is known: an order would be a real one */
function mustHaveStaging(tasks: readonly Task[], config: Config): void {
  const others = issuersOf(config).filter(({ type }) => type !== 'acme');
  const other = tasks.find(({ intent }) =>
    others.some(({ id }) => id === intent.directory),
  )?.intent;
  if (other !== undefined) {
    const hint = 'holger run --dry-run prints what a run would do';
    throw new AppError('USAGE', `${other.name} is not ordered from an ACME CA`, { hint });
  }
  const used = new Set(tasks.map(({ intent }) => intent.directory));
  const without = acmeIssuersOf(config).find(
    (one) => used.has(one.id) && stagingDirectoryOf(one) === undefined,
  );
  if (without === undefined) return;
  const { name, directory } = without;
  const table = name === DEFAULT_ISSUER ? '[acme]' : `[issuer.${name}]`;
  throw new AppError('USAGE', `no test environment is known for the CA at ${directory}`, {
    hint: `set staging_directory under ${table} in ${config.path}, if the CA has one; holger run --dry-run asks no CA`,
  });
}

/** For a leftover of any name: enough to withdraw TXT records. */
export function taskNamed(name: string, tasks: readonly Task[], config: Config): Task {
  const known = tasks.find(({ intent }) => intent.name === name);
  const nothing = { ...config.defaults, name, domains: [], services: [], deploy: [] };
  const task = known ?? tasksOf([nothing], config)[0];
  if (task === undefined) throw new RangeError(name);
  return task;
}
