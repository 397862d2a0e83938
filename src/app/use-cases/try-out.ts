// `run --staging`: the configuration with the test environment of the CA in place of the CA. The
// account there has a folder of its own: the CA itself is not asked, even if both have one
// directory.
import path from 'node:path';
import { AppError } from '../../base/errors.ts';
import type { Config } from '../../config/schema.ts';
import { stagingDirectoryOf } from '../../config/staging.ts';
import { tryOut } from '../../engine/try-out.ts';
import type { Task } from '../../engine/world.ts';
import { readInstallation } from '../known/departed.ts';
import { tasksOf } from '../known/tasks.ts';
import { systemClock } from '../world/clock.ts';
import { maskedPort } from '../world/masked.ts';
import { issuerOf } from '../world/world.ts';
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
  const all = tasksOf(installation.certificates, staging.acme.directory);
  const issuer = maskedPort(issuerOf(staging, systemClock, logger, userAgent));
  try {
    return summaryFrom(await tryOut(named(names, all), { ...world, issuer }, { wait }, call));
  } finally {
    await issuer.close();
  }
}

/** @throws AppError USAGE if no test environment is known */
function atStaging(config: Config): Config {
  const { acme, state } = config;
  const directory = stagingDirectoryOf(acme);
  if (directory === undefined) {
    throw new AppError('USAGE', `no test environment is known for the CA at ${acme.directory}`, {
      hint: `set staging_directory under [acme] in ${config.path}, if the CA has one; holger run --dry-run asks no CA`,
    });
  }
  return {
    ...config,
    acme: { ...acme, directory, eab: acme.stagingEab },
    state: { directory: path.join(state.directory, 'staging') },
  };
}

/** For a leftover of any name: enough to withdraw TXT records. */
export function taskNamed(name: string, tasks: readonly Task[], { defaults, acme }: Config): Task {
  const known = tasks.find(({ intent }) => intent.name === name);
  const nothing = { ...defaults, name, domains: [], services: [], deploy: [] };
  const task = known ?? tasksOf([nothing], acme.directory)[0];
  if (task === undefined) throw new RangeError(name);
  return task;
}
