// A deployment or a reload that failed is not reported at once: its services are watched until they
// have restarted. A service that worked before and does not work now cannot wait for the next run.
import type { Instant, Seconds } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { liveGeneration } from '../rollover/model.ts';
import { brokenServices, isOpen } from '../rollover/plan/deploy/broken-services.ts';
import { nextVisitAt } from '../rollover/plan/deploy/polling.ts';
import type { Reason } from '../rollover/reasons.ts';
import type { Job } from './job.ts';
import { reportBroken } from './observe/broken-services.ts';
import { visitServices } from './observe/observe.ts';

/** A service has restarted by then. */
const WATCH: Seconds = 20;

export interface FailedDeployment {
  readonly error: AppError;
  /** Until when its services are watched before the failure is reported. */
  readonly until: Instant;
}

export function failedDeployment(error: AppError, now: Instant): FailedDeployment {
  return { error, until: now + WATCH };
}

/**
 * One visit to the services. @returns when the next one is due. @throws AppError the failure, once
 * it is known what it did to the services
 */
export async function watchServices(
  job: Job,
  { error, until }: FailedDeployment,
): Promise<Instant> {
  const { task, memory, world } = job;
  await visitServices(job, false);
  await reportBroken(job, memory);
  const now = world.clock.now();
  const live = liveGeneration(memory.lineage);
  if (live === undefined) throw error;
  const broken = brokenServices(live, task.intent, memory, now);
  if (broken.length > 0) throw withBroken(error, broken);
  if (now >= until || !isOpen(live, task.intent, memory)) throw error;
  return Math.min(until, nextVisitAt({ ...live, deployedAt: live.placedAt ?? now }, now));
}

function withBroken(
  error: AppError,
  broken: readonly Pick<Reason, 'because' | 'hint'>[],
): AppError {
  const hints = [...new Set(broken.flatMap(({ hint }) => hint ?? [])), error.hint ?? []].flat();
  const message = [...broken.map(({ because }) => because), error.message].join('; ');
  return new AppError('SERVICE_BROKEN', message, {
    hint: hints.join('; '),
    details: error.details,
    cause: error,
  });
}
