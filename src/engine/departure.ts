// A certificate that the configuration does not name any more: whether it has left, and its last
// step.
import { farewell } from './act/archive.ts';
import type { Job } from './job.ts';
import type { Standing } from './standing.ts';
import type { Departed } from './world.ts';

/** It left in another run, and must not begin anew. */
export function hasLeft({ task, memory }: Job): boolean {
  return task.departed !== undefined && memory.lineage.orders?.leaving === undefined;
}

/** The operator lets its records stay in DNS: nothing is planned for it any more. */
export function givesUpRecords({ memory }: Job): boolean {
  return memory.lineage.orders?.leaving?.keepRecords === true;
}

export async function leave(
  job: Job,
  departed: Departed,
  { dryRun }: { readonly dryRun: boolean },
): Promise<Standing> {
  if (!dryRun) return farewell(job, departed);
  const { task, world } = job;
  const step = 'archive its keys and chains, and delete its state';
  const [certificate, at] = [task.intent.name, world.clock.now()];
  const way = [{ stage: 'forget', at }] as const;
  world.emit({ event: 'planned', certificate, at, step, way, targets: [] });
  return { kind: 'planned', step };
}
