// The state of a certificate at the end of a run, and when an idle one is checked again.
import type { Seconds } from '../base/clock.ts';
import type { Plan } from '../rollover/decision.ts';
import { daneOwners } from '../rollover/law/facts.ts';
import { awake, liveGeneration, withGeneration } from '../rollover/model.ts';
import type { Reason, ReasonName } from '../rollover/reasons.ts';
import { withoutPauses } from '../rollover/plan/deploy/repair.ts';
import { fingerprint } from './due-index.ts';
import type { DueIndex } from './due-index.ts';
import { offersOther } from './observe/offer.ts';
import { differs } from './observe/placed-files.ts';
import { requestDiffers } from './observe/request.ts';
import type { Job } from './job.ts';
import { askedAt } from './state/asked.ts';
import { Memory } from './state/memory.ts';
import { withdrawalOver } from './act/settle-intent.ts';
import type { Standing } from './standing.ts';
import type { Task, World } from './world.ts';

/**
 * An idle certificate is checked this often, whatever its dates say: servers restart and people
 * edit.
 */
const LOOK_ANYWAY: Seconds = 6 * 3600;

/**
 * The standing of an idle certificate, from the index, or else from its document and the files at
 * its targets alone; undefined if it needs a full check.
 */
export async function idle(
  task: Task,
  world: World,
  index?: DueIndex,
): Promise<Standing | undefined> {
  if (task.intent.force || task.operation !== undefined) return undefined;
  const now = world.clock.now();
  const known = index?.standing(task, now);
  if (known !== undefined) return known;
  if ((await askedAt(task, world)) !== undefined) return undefined;
  const memory = await Memory.load(world, { ...task.intent, services: [], dane: false });
  const { idleUntil, idleIntent } = memory.lineage;
  if (idleUntil === undefined || now >= idleUntil) return undefined;
  if (idleIntent !== fingerprint(task.intent)) return undefined;
  if (await differs(task, memory.lineage, world)) return undefined;
  if (await offersOther(task, memory.lineage, world)) return undefined;
  if (await requestDiffers(task, memory.lineage)) return undefined;
  index?.note(task, idleUntil, now);
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

const OF_REQUESTS: readonly ReasonName[] = ['next-request', 'request-is-usable'];

/** An idle certificate has no event that would say it. */
function warnOfRequest({ task, world }: Job, reasons: readonly Reason[]): void {
  for (const { rule, because, hint } of reasons.filter((one) => OF_REQUESTS.includes(one.rule))) {
    world.log.warn(because, { certificate: task.intent.name, rule, hint });
  }
}

export async function rest(job: Job, next: Extract<Plan, { kind: 'done' }>): Promise<Standing> {
  const { task, memory } = job;
  await withdrawalOver(job);
  warnOfRequest(job, next.reasons);
  // Without records in DNS this was a full check; else it was one if name servers were asked.
  const swept = daneOwners(task.intent).map((owner) => memory.owner(owner)?.sweptAt ?? 0);
  const proven = liveGeneration(memory.lineage)?.provenAt ?? 0;
  const lastLook = swept.length === 0 ? job.world.clock.now() : Math.max(proven, ...swept);
  const advice = memory.lineage.renewal?.nextLookAt ?? Infinity;
  const idleUntil = Math.min(next.until, advice, lastLook + LOOK_ANYWAY);
  const idleIntent = fingerprint(task.intent);
  const { trouble: _over, ...well } = memory.lineage;
  await memory.saveLineage({ ...well, idleUntil, idleIntent });
  return { kind: 'done', until: next.until, reasons: next.reasons };
}
