// `holger run`, and the part of it that every command has that lets the engine work on
// certificates.
import { defined } from '../../base/defined.ts';
import { AppError, reasonOf } from '../../base/errors.ts';
import type { ExitStatus } from '../../base/errors.ts';
import { DueIndex } from '../../engine/due-index.ts';
import type { AllIdle } from '../../engine/due-index.ts';
import type { RunResult, RunSummary as EngineSummary } from '../../engine/result.ts';
import { run as runTasks } from '../../engine/run.ts';
import { endTryOuts, hasTryOuts } from '../../engine/try-out.ts';
import type { Task } from '../../engine/world.ts';
import { readInstallation } from '../known/departed.ts';
import { keepConfigured } from '../known/kept.ts';
import { asServed, leftBehind } from '../known/left-behind.ts';
import { configurationDigest } from './all-idle.ts';
import { chosen } from './app-world.ts';
import type { AppWorld } from './app-world.ts';
import type { RunRequest, RunSummary } from './commands.ts';
import { summaryFrom } from './summary.ts';
import { taskNamed } from './try-out.ts';

export async function run(request: RunRequest, app: AppWorld): Promise<RunSummary> {
  return summaryFrom(await lookAtAll(request, app));
}

/**
 * What a process that stays does at one time: the same as `run`. `only`: these certificates alone,
 * and nothing else of the installation.
 */
export async function round(
  only: ReadonlySet<string> | undefined,
  app: AppWorld,
): Promise<EngineSummary> {
  const request = { names: [], wait: false, dryRun: false, force: false };
  if (only === undefined) return lookAtAll(request, app);
  const all = await chosen([], app);
  return work(
    all.filter(({ intent }) => only.has(intent.name)),
    request,
    app,
  );
}

async function lookAtAll(request: RunRequest, app: AppWorld): Promise<EngineSummary> {
  const { config, world } = app;
  const roll = await world.store.roll?.();
  const tasks = await chosen(request.names, app);
  request.begins?.(tasks.length);
  if (!request.dryRun) await endTryOuts((name) => taskNamed(name, tasks, config), world);
  const index = request.names.length > 0 ? undefined : await DueIndex.open(tasks, world);
  const summary = await work(tasks, request, app, index);
  let left: number | undefined;
  try {
    left = await tellLeftBehind(app);
  } catch (error) {
    // The run has done its work, and its result stays the same.
    world.log.warn('what is left behind could not be found out', { detail: reasonOf(error) });
  }
  if (index !== undefined && !request.dryRun) {
    const mayBeAll = left === 0 && summary.exit === 0 && index.covers(tasks);
    await index.save(tasks, mayBeAll ? await allIdle(tasks, roll, app) : undefined, world);
  }
  return summary;
}

/** What must stay the same so that the next run has nothing to do. */
async function allIdle(
  tasks: readonly Task[],
  roll: string | undefined,
  { config, world, userAgent }: AppWorld,
): Promise<AllIdle | undefined> {
  const { certificates, state, warnings } = config;
  // Of those that only the state names, the documents decide.
  const isConfigured = tasks.length === certificates.length;
  if (roll === undefined || !isConfigured || (await hasTryOuts(world))) return undefined;
  return {
    configuration: configurationDigest(userAgent, config, state.directory),
    roll,
    warnings,
  };
}

export async function workOn(
  tasks: readonly Task[],
  request: RunRequest,
  app: AppWorld,
): Promise<RunSummary> {
  return summaryFrom(await work(tasks, request, app));
}

async function work(
  tasks: readonly Task[],
  request: RunRequest,
  app: AppWorld,
  index?: DueIndex,
): Promise<EngineSummary> {
  const forced = request.force
    ? tasks.map((task) => ({ ...task, intent: { ...task.intent, force: true } }))
    : tasks;
  const { wait, waitUntil, dryRun, names } = request;
  const { parallel, orders } = app.config.limits;
  const choices = { wait, dryRun, named: names.length > 0, parallel, orders };
  const options = { ...choices, ...defined({ waitUntil, index }) };
  const { exit, results } = await runTasks(forced, app.world, options, app.call);
  // The state of a later version is not changed.
  const kept = dryRun || [...results.values()].some(isOfLaterVersion) ? 0 : await keep(app);
  return { exit: exit === 0 ? kept : exit, results };
}

/** How much there is. */
async function tellLeftBehind({ config, world, readOnly, call }: AppWorld): Promise<number> {
  const installation = await readInstallation(config, readOnly);
  const left = await leftBehind(installation, asServed(world.resolver, call));
  for (const { name: certificate, ...rest } of left) {
    world.emit({ event: 'left-behind', certificate, at: world.clock.now(), ...rest });
  }
  return left.length;
}

/**
 * A copy of the configuration, for the day when a certificate is removed from it. The run has done
 * its work, and its result stays the same if this fails.
 */
async function keep({ config, world, logger }: AppWorld): Promise<ExitStatus> {
  try {
    await keepConfigured(config, world);
    return 0;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    logger.error('the configuration could not be stored in the state', { detail: error.message });
    return error.exit;
  }
}

function isOfLaterVersion(result: RunResult): boolean {
  return 'failure' in result && result.failure.code === 'STORE_NEWER';
}
