// An attempt at an order: not during a pause, and its failure is stored.
import { AppError } from '../../../base/errors.ts';
import { withOrderFailure } from '../../../rollover/plan/order/issuer.ts';
import type { Job } from '../../job.ts';
import { recordPause, refuseWhilePaused } from './pauses.ts';

export async function attempt<T>(job: Job, act: () => Promise<T>): Promise<T> {
  try {
    await refuseWhilePaused(job);
    return await act();
  } catch (error) {
    throw await recordRefusal(job, error);
  }
}

/** @returns the failure with the time of the next attempt */
export async function recordRefusal(job: Job, error: unknown): Promise<unknown> {
  if (error instanceof AppError && error.code.startsWith('ACME_')) await countAgainstIssuer(job);
  return recordPause(job, error);
}

/** Whatever the issuer did not do; DNS and its providers are the same for all issuers. */
export async function countAgainstIssuer({ task, memory, world }: Job): Promise<void> {
  const { lineage } = memory;
  const failed = withOrderFailure(task.intent, lineage, world.clock.now());
  // Of many certificates that wait for one CA, none is written for nothing.
  if (failed !== lineage) await memory.saveLineage(failed);
}
