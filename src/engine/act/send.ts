// A generation to targets on other machines, before any of them loads it. A machine that does not
// take it does not keep the others from having it.
import { oneMore } from '../../rollover/attempts.ts';
import type { Generation } from '../../rollover/model.ts';
import type { SentMemory, TargetMemory } from '../../rollover/targets.ts';
import type { Job } from '../job.ts';
import { packageOf } from '../state/bundle.ts';
import { fenced, withFence } from './fence.ts';
import { atEach, lasting } from './targets.ts';
import type { Failure } from './targets.ts';

export async function send(
  job: Job,
  generation: Generation,
  ids: readonly string[],
): Promise<void> {
  const { task, memory, world } = job;
  const what = fenced(job, await packageOf(generation, task.intent, world));
  await memory.saveLineage(withFence(memory.lineage, what));
  const targets = task.targets.filter(({ id }) => ids.includes(id));
  const { taken, failures } = await atEach(targets, async (target) => {
    world.instant(`before send ${target.label}`);
    await target.stage?.(what);
    world.instant(`after send ${target.label}`);
  });
  const at = world.clock.now();
  const told = failures.map((one) => {
    const since = failingOf(memory.lineage.targets?.[one.target.id], generation)?.since ?? at;
    return lasting(one, since, at);
  });
  await record(job, generation, [...taken.map(({ id }) => id)], told);
  const base = { certificate: task.intent.name, at, generation: generation.number };
  for (const { label } of taken) world.emit({ ...base, event: 'sent', target: label });
  for (const { target, error } of told) {
    const { code, message, hint, exit } = error;
    const more = hint === undefined ? {} : { hint };
    world.emit({ ...base, event: 'not-sent', target: target.label, code, message, ...more, exit });
  }
}

function failingOf(known: TargetMemory | undefined, { number }: Generation): SentMemory['failing'] {
  return known?.sent?.generation === number ? known.sent.failing : undefined;
}

async function record(
  { task, memory, world }: Job,
  generation: Generation,
  taken: readonly string[],
  failures: readonly Failure[],
): Promise<void> {
  const now = world.clock.now();
  const { number } = generation;
  const known = memory.lineage.targets ?? {};
  const after = task.targets.flatMap(({ id, label }): [string, TargetMemory][] => {
    const before = known[id];
    if (taken.includes(id)) return [[id, { ...before, label, sent: { generation: number } }]];
    const error = failures.find(({ target }) => target.id === id)?.error;
    if (error === undefined) return [];
    const failing = failingOf(before, generation);
    const { message: because, hint, exit } = error;
    const sent: SentMemory = {
      generation: number,
      failing: {
        ...{ attempts: oneMore(failing?.attempts, now), since: failing?.since ?? now },
        ...{ because, ...(hint === undefined ? {} : { hint }), person: exit !== 3 },
      },
    };
    return [[id, { ...before, label, sent }]];
  });
  const targets = { ...known, ...Object.fromEntries(after) };
  await memory.saveLineage({ ...memory.lineage, targets });
}
