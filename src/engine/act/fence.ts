// Each deployment has a number that is larger than those of all deployments before it, also of
// those that a lost state does not know: a host refuses who was stopped for long and continues.
import type { Instant } from '../../base/clock.ts';
import type { DeployPackage, Fence } from '../../ports/target.ts';
import type { Lineage } from '../../rollover/model.ts';
import type { Job } from '../job.ts';

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
  return fence === undefined ? lineage : { ...lineage, fence: fence.number };
}

/** Milliseconds, because two runs on copies of one state do not begin in the same one. */
function nextFence({ fence: before }: Pick<Lineage, 'fence'>, now: Instant): Fence {
  return { number: Math.max(Math.floor(now * 1000), (before ?? 0) + 1), before };
}
