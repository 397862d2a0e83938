// Each deployment has a number that is larger than those of all deployments before it, also of
// those that a lost state does not know: a host refuses who was stopped for long and continues.
import type { Instant } from '../../base/clock.ts';
import type { DeployPackage, Fence } from '../../ports/target.ts';
import type { Lineage } from '../../rollover/model.ts';
import type { Job } from '../job.ts';

/** Attempts that failed are among them, and a machine keeps the last one that reached it. */
const MOST_USED = 64;

/** Where a target is on another machine: with the next fence. */
export function fenced<T extends Pick<DeployPackage, 'fence'>>(
  { task, memory, world }: Job,
  what: T,
): T {
  if (task.targets.every(({ stage }) => stage === undefined)) return what;
  return { ...what, fence: nextFence(memory.lineage, world.clock.now()) };
}

/** Stored before anything is sent. */
export function withFence(lineage: Lineage, { fence }: Pick<DeployPackage, 'fence'>): Lineage {
  if (fence === undefined) return lineage;
  return { ...lineage, fences: [...(lineage.fences ?? []), fence.number].slice(-MOST_USED) };
}

/**
 * Milliseconds, because two runs on copies of one state do not begin in the same one. One on a
 * machine that is not among these is of another sender, however often this one was refused there.
 */
function nextFence({ fences = [] }: Pick<Lineage, 'fences'>, now: Instant): Fence {
  const number = Math.max(Math.floor(now * 1000), (fences.at(-1) ?? 0) + 1);
  return { number, before: fences[0], used: fences };
}
