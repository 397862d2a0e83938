// The state of a certificate at the end of a run, and when an idle one is checked again.
import type { Seconds } from '../base/clock.ts';
import type { Plan } from '../rollover/decision.ts';
import { ownersOf } from '../rollover/law/facts.ts';
import { awake, liveGeneration, withGeneration } from '../rollover/model.ts';
import type { Intent } from '../rollover/model.ts';
import { withoutPauses } from '../rollover/plan/deploy/repair.ts';
import { differs } from './observe/placed-files.ts';
import type { Job } from './job.ts';
import { Memory } from './state/memory.ts';
import { withdrawalOver } from './act/settle-intent.ts';
import type { Standing } from './standing.ts';
import type { Task, World } from './world.ts';

/**
 * An idle certificate is checked this often, whatever its dates say: servers restart and people
 * edit.
 */
const LOOK_ANYWAY: Seconds = 6 * 3600;

/** What decides whether an idle certificate can be skipped. */
export function fingerprint(intent: Intent): string {
  const { force: _now, ...lasting } = intent;
  return JSON.stringify(lasting);
}

/**
 * The standing of an idle certificate, from its document and the files at its targets alone;
 * undefined if it needs a full check.
 */
export async function idle(task: Task, world: World): Promise<Standing | undefined> {
  if (task.intent.force || task.operation !== undefined) return undefined;
  const memory = await Memory.load(world, { ...task.intent, services: [], dane: false });
  const { idleUntil, idleIntent } = memory.lineage;
  if (idleUntil === undefined || world.clock.now() >= idleUntil) return undefined;
  if (idleIntent !== fingerprint(task.intent)) return undefined;
  if (await differs(task, memory.lineage, world)) return undefined;
  return { kind: 'done', until: idleUntil, reasons: [] };
}

/** It is checked again at once. */
export async function wake(memory: Memory): Promise<void> {
  if (memory.lineage.idleUntil === undefined) return;
  await memory.saveLineage(awake(memory.lineage));
}

/** What failed is tried again at once. */
export async function eager(memory: Memory): Promise<void> {
  const lineage = withoutPauses(memory.lineage);
  const live = liveGeneration(lineage);
  const { reloads: _told, ...once } = live ?? {};
  await memory.saveLineage(
    live?.reloads === undefined ? lineage : withGeneration(lineage, once as typeof live),
  );
}

export async function rest(job: Job, next: Extract<Plan, { kind: 'done' }>): Promise<Standing> {
  const { task, memory } = job;
  await withdrawalOver(job);
  const swept = ownersOf(task.intent).map((owner) => memory.owner(owner)?.sweptAt ?? 0);
  const lastLook = Math.max(0, ...swept, liveGeneration(memory.lineage)?.provenAt ?? 0);
  const advice = memory.lineage.renewal?.nextLookAt ?? Infinity;
  const idleUntil = Math.min(next.until, advice, lastLook + LOOK_ANYWAY);
  const idleIntent = fingerprint(task.intent);
  const { trouble: _over, ...well } = memory.lineage;
  await memory.saveLineage({ ...well, idleUntil, idleIntent });
  return { kind: 'done', until: next.until, reasons: next.reasons };
}
