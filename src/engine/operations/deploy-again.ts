// The operator wants the live generation deployed once more. The targets are recorded as not having
// taken it; what follows is planned, under the law of deploying.
import { AppError } from '../../base/errors.ts';
import { awake, liveGeneration } from '../../rollover/model.ts';
import type { Intent } from '../../rollover/model.ts';
import type { Job } from '../job.ts';
import type { Operation } from '../world.ts';
import { takenBefore } from '../observe/placed-files.ts';

export async function deployAgain(
  { task, memory }: Job,
  { target: wanted, takeOver }: Extract<Operation, { kind: 'deploy' }>,
): Promise<string> {
  const { name } = task.intent;
  const live = liveGeneration(memory.lineage);
  if (live === undefined) {
    throw new AppError('BLOCKED', `no generation of ${name} was deployed yet`, {
      hint: `for the first deployment: holger run ${name}`,
    });
  }
  const chosen = targetsCalled(wanted, task.intent);
  const untaken = chosen.map(({ id, label }) => [id, { label }] as const);
  const before = memory.lineage.targets ?? takenBefore(live, task);
  const targets = { ...before, ...Object.fromEntries(untaken) };
  const { fences, ...rest } = memory.lineage;
  // Without a number of its own, it continues where the other one has stopped.
  const kept = takeOver === true || fences === undefined ? rest : { ...rest, fences };
  await memory.saveLineage(awake({ ...kept, targets }));
  return `generation ${live.number} is deployed again: ${chosen.map(({ label }) => label).join(', ')}`;
}

/** @throws AppError USAGE when no target has this name */
function targetsCalled(wanted: string | undefined, { name, targets }: Intent): Intent['targets'] {
  if (wanted === undefined && targets.length > 0) return targets;
  const chosen = targets.filter(({ label }) => isCalled(label, wanted));
  if (chosen.length > 0) return chosen;
  const known = targets.map(({ label }) => label).join(', ');
  throw new AppError('USAGE', `${name} has no target "${wanted ?? ''}"`, {
    hint: `known are: ${known}`,
  });
}

/** "files /etc/postfix/tls/mx1.pem", or the path alone. */
function isCalled(label: string, wanted: string | undefined): boolean {
  return label === wanted || label.slice(label.indexOf(' ') + 1) === wanted;
}
