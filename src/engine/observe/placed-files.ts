// The files at the targets of a certificate, compared with its live generation at every check and
// stored.
import { isDeepStrictEqual } from 'node:util';
import type { Instant } from '../../base/clock.ts';
import { AppError, reasonOf } from '../../base/errors.ts';
import type { DeployPackage, DeployTarget } from '../../ports/target.ts';
import { liveGeneration } from '../../rollover/model.ts';
import type { Generation, Intent, Lineage } from '../../rollover/model.ts';
import type { TargetMemory } from '../../rollover/targets.ts';
import { retryAt } from '../../rollover/attempts.ts';
import { recordPlaced } from '../../rollover/record/placed-chains.ts';
import type { TargetRead } from '../../rollover/record/placed-chains.ts';
import type { Job } from '../job.ts';
import { packageOf } from '../state/bundle.ts';
import type { Memory } from '../state/memory.ts';
import type { Task, World } from '../world.ts';

type Targets = Readonly<Record<string, TargetMemory>>;

/**
 * What each target lacks of the live generation; undefined while none is live, or its files are
 * missing.
 */
async function differencesOf(
  live: Generation,
  { intent, targets }: Pick<Task, 'intent' | 'targets'>,
  world: World,
): Promise<ReadonlyMap<string, readonly string[] | undefined> | undefined> {
  const what = await packageIfAny(live, intent, world);
  if (what === undefined) return undefined;
  const link = await linkDifference(live, intent.name, world);
  const found = await Promise.all(
    targets.map(async (target) => [target.id, await differencesAt(target, what)] as const),
  );
  return new Map(
    found.map(([id, differs], at) => [id, at === 0 && differs ? [...link, ...differs] : differs]),
  );
}

async function differencesAt(
  target: DeployTarget,
  what: DeployPackage,
): Promise<readonly string[] | undefined> {
  try {
    return await target.differences(what);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return [error.message];
  }
}

/** Services of a certificate without targets read this folder; programs of others may, too. */
async function linkDifference(
  { number }: Generation,
  name: string,
  { files }: World,
): Promise<readonly string[]> {
  const live = await files.live(name);
  return live === number ? [] : [`${files.folder(name, 'live')} is not generation ${number}`];
}

/**
 * A damaged store is reported when something is to be deployed from it; until then the rest
 * continues.
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

/** Whether a target of an idle certificate has foreign files. */
export async function differs(task: Task, lineage: Lineage, world: World): Promise<boolean> {
  const live = liveGeneration(lineage);
  const found = live && (await differencesOf(live, task, world));
  return [...(found?.values() ?? [])].some((texts = []) => texts.length > 0);
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
      const differences = found.get(id);
      if (differences === undefined) return [id, known[id] ?? { label }];
      if (differences.length > 0) return [id, { ...before, label, differs: differences }];
      return [id, lasting({ ...before, label }, live, now)];
    }),
  );
  // What was only noted is not written for it.
  if (isDeepStrictEqual(targets, lineage.targets)) return;
  await memory.saveLineage({ ...lineage, targets });
}

/**
 * Stored before anything depends on it: the chain at a target counts even after the target was
 * moved.
 */
export async function rememberPlaced(
  { task, memory, world }: Job,
  reads: readonly TargetRead[],
): Promise<void> {
  const { lineage } = memory;
  const { intent } = task;
  const looks = {
    ...{ now: world.clock.now(), settle: intent.policy.settle },
    ...{ answeredAt: answeredAt(intent, memory), acknowledgedAt: acknowledgedAt(intent, memory) },
  };
  const placed = recordPlaced(lineage, reads, looks);
  if (isDeepStrictEqual(placed, lineage.placed ?? {})) return;
  await memory.saveLineage({ ...lineage, placed });
}

/** The earliest of the last answers of all endpoints; -Infinity if one does not answer. */
function answeredAt({ services }: Intent, memory: Memory): Instant {
  const answers = services
    .filter(({ running, reachable }) => running && reachable)
    .flatMap(({ id }) => Object.values(memory.service(id).endpoints))
    .map((one) => (one.failure === undefined ? (one.answeredAt ?? -Infinity) : -Infinity));
  return Math.min(...answers);
}

/** Where this host may not connect, the acknowledged deployment counts (rule 17). */
function acknowledgedAt({ services }: Intent, { lineage }: Memory): Instant {
  if (services.every(({ running, reachable }) => !running || reachable)) return Infinity;
  const { deployedAt = -Infinity, placedAt = -Infinity } = liveGeneration(lineage) ?? {};
  return Math.max(deployedAt, placedAt);
}

/** A failure has ended if the files stayed correct until the next attempt would be due. */
function lasting(memory: TargetMemory, live: Generation, now: number): TargetMemory {
  if (memory.took !== live.number) return memory;
  const { failure: _mended, attempts, ...held } = memory;
  return attempts === undefined || now >= retryAt(attempts) ? held : { ...held, attempts };
}

/** For a certificate that was deployed before targets were stored: for each of them. */
export function takenBefore(live: Generation, { targets }: Task): Targets {
  const took = live.deployedAt === undefined ? {} : { took: live.number };
  return Object.fromEntries(targets.map(({ id, label }) => [id, { label, ...took }]));
}
