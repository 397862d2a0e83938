// The TXT records of challenges are withdrawn after every order, also after one that failed. What
// later orders need stays until they need another one.
import { AppError } from '../../../base/errors.ts';
import type { Job } from '../../job.ts';
import type { ChallengeRecord } from '../../../rollover/model.ts';
import type { Memory } from '../../state/memory.ts';
import { aliasesOf } from '../../world.ts';
import { rememberWithdrawal } from './challenge-evidence.ts';
import { editTxt, mustAnswer } from './txt-edits.ts';

/**
 * Withdraws the TXT records that were stored. A failure is logged and tried again in the next run.
 * `all`: also those that later orders need.
 */
export async function withdrawChallenges(job: Job, which: 'done' | 'all' = 'done'): Promise<void> {
  const { task, memory, world, call } = job;
  for (const record of memory.lineage.challengeRecords) {
    if (which === 'done' && isNeeded(record, job)) {
      await arrived(record, memory);
      continue;
    }
    try {
      const { owner, target = owner } = record;
      const how = { ...aliasesOf(task.intent), serials: false };
      const sweep = await world.resolver.sweep(target, 'TXT', call, how);
      mustAnswer(sweep);
      world.instant('before withdraw TXT');
      await editTxt(job, sweep, { remove: record.rdata });
      world.instant('after withdraw TXT');
      await rememberWithdrawal(sweep, world);
    } catch (error) {
      const { code, message } =
        error instanceof AppError ? error : { code: 'BUG', message: String(error) };
      world.log.warn('challenge record not withdrawn', { owner: record.owner, code, message });
      continue;
    }
    const challengeRecords = memory.lineage.challengeRecords.filter((item) => item !== record);
    // Without it the record is looked for once more, and found to be gone.
    memory.noteLineage({ ...memory.lineage, challengeRecords });
  }
}

/** If it is written once more one day, that is the first time. */
async function arrived(record: ChallengeRecord, memory: Memory): Promise<void> {
  const { sentAt, ...rest } = record;
  if (sentAt === undefined) return;
  const challengeRecords = memory.lineage.challengeRecords.map((one) =>
    one === record ? rest : one,
  );
  await memory.saveLineage({ ...memory.lineage, challengeRecords });
}

/** A certificate that is deleted leaves nothing behind. */
function isNeeded({ stays, owner }: ChallengeRecord, { task, memory, world }: Job): boolean {
  if (stays === undefined || memory.lineage.orders?.leaving !== undefined) return false;
  const { directory, otherDirectories = [], domains } = task.intent;
  const isAsked = stays === directory || otherDirectories.includes(stays);
  const isItsWay = world.issuerAt(stays)?.method === 'dns-persist-01';
  // A name above the one that the record proves is another name.
  const owners = domains.map((domain) => `_validation-persist.${domain.replace(/^\*\./, '')}.`);
  return isAsked && isItsWay && owners.includes(owner);
}

/** What a run that was interrupted left behind, unless an order is under way that may need it. */
export async function withdrawStale(job: Job): Promise<void> {
  const { generations, orders, challengeRecords } = job.memory.lineage;
  const isOrdering = generations.some(
    ({ state, orderUrl }) => state === 'key' && orderUrl !== undefined,
  );
  const isLeaving = orders?.leaving !== undefined;
  if ((!isLeaving && isOrdering) || challengeRecords.length === 0) return;
  await withdrawChallenges(job);
  await job.memory.flush();
}
