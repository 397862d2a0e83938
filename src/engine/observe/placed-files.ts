// What lies at the targets of a certificate, held against its live generation at every look and
// written down.
import { isDeepStrictEqual } from 'node:util';
import { AppError, reasonOf } from '../../base/errors.ts';
import type { DeployPackage, DeployTarget } from '../../ports/target.ts';
import { liveGeneration } from '../../rollover/model.ts';
import type { Generation, Lineage, TargetMemory } from '../../rollover/model.ts';
import { retryAt } from '../../rollover/attempts.ts';
import { recordPlaced } from '../../rollover/record/placed-chains.ts';
import type { TargetRead } from '../../rollover/record/placed-chains.ts';
import type { Job } from '../job.ts';
import { packageOf } from '../state/bundle.ts';
import type { Task, World } from '../world.ts';

type Targets = Readonly<Record<string, TargetMemory>>;

/**
 * What each target lacks of what is live; undefined while nothing is live, or its files are gone.
 */
async function differencesOf(
  live: Generation,
  { intent, targets }: Pick<Task, 'intent' | 'targets'>,
  world: World,
): Promise<ReadonlyMap<string, readonly string[]> | undefined> {
  const what = await packageIfAny(live, intent, world);
  if (what === undefined) return undefined;
  const link = await linkDifference(live, intent.name, world);
  const found = await Promise.all(
    targets.map(async (target) => [target.id, await differencesAt(target, what)] as const),
  );
  return new Map(
    found.map(([id, differs], at) => [id, at === 0 ? [...link, ...differs] : differs]),
  );
}

async function differencesAt(
  target: DeployTarget,
  what: DeployPackage,
): Promise<readonly string[]> {
  try {
    return await target.differences(what);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return [error.message];
  }
}

/** Services of a certificate without targets read through it; others' programs may. */
async function linkDifference(
  { number }: Generation,
  name: string,
  { files }: World,
): Promise<readonly string[]> {
  const live = await files.live(name);
  return live === number ? [] : [`${files.folder(name, 'live')} is not generation ${number}`];
}

/**
 * A damaged store is told when something is to be deployed from it; until then the rest goes on.
 */
async function packageIfAny(
  live: Generation,
  intent: Task['intent'],
  world: World,
): Promise<DeployPackage | undefined> {
  try {
    return await packageOf(live, intent, world);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    world.log.warn('targets not compared', { certificate: intent.name, detail: reasonOf(error) });
    return undefined;
  }
}

/** Whether something lies at a target of an idle certificate that does not belong there. */
export async function differs(task: Task, lineage: Lineage, world: World): Promise<boolean> {
  const live = liveGeneration(lineage);
  const found = live && (await differencesOf(live, task, world));
  return [...(found?.values() ?? [])].some((texts) => texts.length > 0);
}

export async function observeTargets({ task, memory, world }: Job): Promise<void> {
  const { lineage } = memory;
  const live = liveGeneration(lineage);
  const found = live && (await differencesOf(live, task, world));
  if (live === undefined || found === undefined) return;
  const now = world.clock.now();
  const known = lineage.targets ?? takenBefore(live, task);
  const targets: Targets = Object.fromEntries(
    task.targets.map(({ id, label }) => {
      const { differs: _before, ...before } = known[id] ?? { label };
      const differences = found.get(id) ?? [];
      if (differences.length > 0) return [id, { ...before, label, differs: differences }];
      return [id, lasting({ ...before, label }, live, now)];
    }),
  );
  await memory.saveLineage({ ...lineage, targets });
}

/** Written down before anything depends on it: what lay at a target counts after it was moved. */
export async function rememberPlaced(
  { memory, world }: Job,
  reads: readonly TargetRead[],
): Promise<void> {
  const { lineage } = memory;
  const placed = recordPlaced(lineage, reads, world.clock.now());
  if (isDeepStrictEqual(placed, lineage.placed ?? {})) return;
  await memory.saveLineage({ ...lineage, placed });
}

/** What stayed as it should be until the next attempt would be due is over. */
function lasting(memory: TargetMemory, live: Generation, now: number): TargetMemory {
  if (memory.took !== live.number) return memory;
  const { failure: _mended, attempts, ...held } = memory;
  return attempts === undefined || now >= retryAt(attempts) ? held : { ...held, attempts };
}

/**
 * Of a certificate that was deployed before anything was written down of its targets: by each of
 * them.
 */
export function takenBefore(live: Generation, { targets }: Task): Targets {
  const took = live.deployedAt === undefined ? {} : { took: live.number };
  return Object.fromEntries(targets.map(({ id, label }) => [id, { label, ...took }]));
}
