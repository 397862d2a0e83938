// A chain to every place from which services load it, and the reload of the services. What targets
// acknowledge is a claim, not a proof.
import type { Instant } from '../../base/clock.ts';
import type { DeployPackage, DeployTarget } from '../../ports/target.ts';
import { presenting } from '../../rollover/plan/deploy/broken-services.ts';
import type { Generation, Lineage } from '../../rollover/model.ts';
import type { TargetMemory } from '../../rollover/targets.ts';
import { withGeneration } from '../../rollover/model.ts';
import { oneMore } from '../../rollover/attempts.ts';
import { decidesNow } from '../../rollover/plan/deploy/rollback.ts';
import { isDue, lackingTargets, withoutPauses } from '../../rollover/plan/deploy/repair.ts';
import type { Job } from '../job.ts';
import { packageOf } from '../state/bundle.ts';
import { fenced, withFence } from './fence.ts';
import { atEach, complaint, lasting } from './targets.ts';
import type { Failure } from './targets.ts';
import type { Task } from '../world.ts';

/**
 * Files placed, `live` moved, services reloaded: at each target that has not taken this generation,
 * or has other files. From the first save on, the chain counts as live. A target that fails does
 * not delay the others; the deployment is then not done, and is begun again.
 */
export async function deploy(job: Job, generation: Generation): Promise<void> {
  const { task, memory, world } = job;
  const certificate = task.intent.name;
  const now = world.clock.now();
  const deployBegunAt = generation.deployBegunAt ?? now;
  const what = fenced(job, await packageOf(generation, task.intent, world));
  const begun = beginPlacing(job, { ...generation, state: 'live', deployBegunAt }, now);
  // A failure of the previous generation does not concern this one.
  const fresh =
    generation.deployBegunAt === undefined ? withoutPauses(memory.lineage) : memory.lineage;
  await memory.saveLineage(withFence(withGeneration(fresh, begun), what));
  world.emit({ event: 'deploying', certificate, at: deployBegunAt, generation: generation.number });
  const lacking = lackingTargets(begun, task.intent, memory.lineage)
    .filter((one) => isDue(one, now) || decidesNow(generation, task.intent, now))
    .map(({ target }) => target.id);
  const failures = await putAt(job, withIds(lacking, task), what);
  const deployedAt = world.clock.now();
  const failure = complaint(failures);
  if (failure !== undefined) {
    const since = generation.deployFailing?.since ?? deployedAt;
    const deployFailing = { since, last: deployedAt, because: failure.message };
    await memory.saveLineage(withGeneration(memory.lineage, { ...begun, deployFailing }));
    throw failure;
  }
  await recordDeployed(job, begun);
}

/** All targets have it, or one still lacks it and is tried after its pause. */
async function recordDeployed({ task, memory, world }: Job, begun: Generation): Promise<void> {
  if (lackingTargets(begun, task.intent, memory.lineage).length > 0) return;
  const deployedAt = world.clock.now();
  const { deployFailing: _over, ...well } = begun;
  await memory.saveLineage(withGeneration(memory.lineage, { ...well, deployedAt }));
  const { name: certificate } = task.intent;
  world.emit({ event: 'deployed', certificate, at: deployedAt, generation: begun.number });
}

/**
 * The live generation again where other files are, or where it was never placed. A target that
 * fails does not delay the others.
 */
export async function repair(
  job: Job,
  generation: Generation,
  ids: readonly string[],
): Promise<void> {
  const { task, memory, world } = job;
  const { name: certificate } = task.intent;
  const what = fenced(job, await packageOf(generation, task.intent, world));
  const before = memory.lineage.targets ?? {};
  const begun = beginPlacing(job, generation, world.clock.now());
  await memory.saveLineage(withFence(withGeneration(memory.lineage, begun), what));
  const targets = withIds(ids, task);
  const failures = await putAt(job, targets, what);
  const at = world.clock.now();
  for (const target of targets) {
    const failed = failures.find((one) => one.target === target);
    const { differs = [] } = before[target.id] ?? {};
    const base = { certificate, at, generation: generation.number, target: target.label };
    if (failed === undefined) world.emit({ ...base, event: 'repaired', differences: differs });
    else {
      const { code, message, hint, exit } = failed.error;
      const more = hint === undefined ? {} : { hint };
      world.emit({ ...base, event: 'not-repaired', code, message, ...more, exit });
    }
  }
  const { reloads: _before, ...current } = begun;
  if (failures.length === 0) await recordDeployed(job, current);
}

function withIds(ids: readonly string[], { targets }: Task): DeployTarget[] {
  return targets.filter(({ id }) => ids.includes(id));
}

/** What worked before is compared with what works afterwards. */
function beginPlacing(
  { task, memory }: Job,
  generation: Generation,
  placedAt: Instant,
): Generation {
  const presentedBefore = presenting(task.intent, memory);
  // For a service that an earlier attempt broke, its state before that attempt.
  const broken = generation.broken === undefined ? [] : (generation.presentedBefore ?? []);
  return {
    ...generation,
    placedAt,
    presentedBefore: [...new Set([...presentedBefore, ...broken])],
  };
}

async function putAt(
  job: Job,
  targets: readonly DeployTarget[],
  what: DeployPackage,
): Promise<readonly Failure[]> {
  const { task, memory, world } = job;
  const placed = await atEach(targets, async (target) => {
    world.instant(`before place ${target.label}`);
    await target.place(what);
    world.instant(`after place ${target.label}`);
  });
  const everywhere = placed.taken.length === 0 && placed.failures.length > 0;
  if (!everywhere) {
    await world.files.setLive(what.certificate, what.generation);
    world.instant('after live link');
  }
  const told = await atEach(placed.taken, (target) => target.reload(what));
  world.instant('after reload');
  world.visits?.told(task.intent.services, world.clock.now());
  const now = world.clock.now();
  const failures = [...placed.failures, ...told.failures].map((one) => {
    return lasting(one, failingSince(one.target, memory.lineage) ?? now, now);
  });
  noteTargets(job, targets, failures, what);
  return failures;
}

function failingSince({ id }: DeployTarget, { targets }: Lineage): Instant | undefined {
  return targets?.[id]?.failure?.since;
}

/** Without it the targets are served once more, with the same files. */
function noteTargets(
  { memory, world }: Job,
  targets: readonly DeployTarget[],
  failures: readonly Failure[],
  { generation }: DeployPackage,
): void {
  const now = world.clock.now();
  const known = memory.lineage.targets ?? {};
  const after = targets.map((target): [string, TargetMemory] => {
    const { id, label } = target;
    const before = known[id];
    const error = failures.find((one) => one.target === target)?.error;
    const attempts = oneMore(before?.attempts, now);
    if (error === undefined) {
      // The first attempt is not a repetition.
      const again = before?.took === generation || before?.attempts !== undefined;
      return [id, { label, took: generation, tookAt: now, ...(again ? { attempts } : {}) }];
    }
    const { message: because, hint, exit } = error;
    const since = failingSince(target, memory.lineage) ?? now;
    const more = { person: exit !== 3, since };
    const failure = { because, ...(hint === undefined ? {} : { hint }), ...more };
    return [id, { ...before, label, attempts, failure }];
  });
  const targetsNow = { ...known, ...Object.fromEntries(after) };
  memory.noteLineage({ ...memory.lineage, targets: targetsNow });
}

export async function reload(job: Job, generation: Generation): Promise<void> {
  const { task, memory, world } = job;
  const what = fenced(job, await packageOf(generation, task.intent, world));
  // Stored before: a command that never ends, or that ends the machine, is not repeated at once
  // either.
  const now = world.clock.now();
  const told = { ...generation, reloads: oneMore(generation.reloads, now) };
  await memory.saveLineage(withFence(withGeneration(memory.lineage, told), what));
  const { failures } = await atEach(task.targets, (target) => target.reload(what));
  world.visits?.told(task.intent.services, world.clock.now());
  const { reloadFailingSince: since = now, ...well } = told;
  const failed = failures.length > 0;
  const after = failed ? { ...told, reloadFailingSince: since } : well;
  await memory.saveLineage(withGeneration(memory.lineage, after));
  const failure = complaint(failures.map((one) => lasting(one, since, now)));
  if (failure !== undefined) throw failure;
}
