// Before a key and an order exist: whether the issuer would take the order at all.
import { AppError, reasonOf } from '../../../base/errors.ts';
import type { Job } from '../../job.ts';
import { wishesOf } from '../../world.ts';
import { recordRefusal } from './attempt.ts';
import { issuerOf } from './issuer-of.ts';
import { refuseWhilePaused } from './pauses.ts';

/**
 * What passes with time is not reported here: the order meets it, or not. @throws AppError
 * ACME_PROBLEM, stored like a refused order
 */
export async function checkIssuer(job: Job): Promise<void> {
  try {
    // An issuer that asked to wait is asked nothing.
    await refuseWhilePaused(job);
    await askIssuer(job);
  } catch (error) {
    if (error instanceof AppError && isLeftToOrder(error)) {
      const message = reasonOf(error);
      job.world.log.debug('the issuer was not asked before the order', { message });
      return;
    }
    throw await recordRefusal(job, error);
  }
}

function isLeftToOrder({ code, retry, details }: AppError): boolean {
  return code !== 'INTERRUPTED' && (retry || details['remembered'] === true);
}

async function askIssuer(job: Job): Promise<void> {
  const { task, call } = job;
  const { domains, directory } = task.intent;
  const issuer = issuerOf(job, { directory });
  await issuer.checkOrder?.({ domains, ...wishesOf(task) }, call);
}
