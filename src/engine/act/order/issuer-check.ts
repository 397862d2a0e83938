// Before a key and an order exist: whether the issuer would take the order at all, and whether CAA
// records let it.
import { AppError, reasonOf } from '../../../base/errors.ts';
import type { Job } from '../../job.ts';
import { wishesOf } from '../../world.ts';
import type { Plan } from '../../../rollover/decision.ts';
import { countAgainstIssuer, recordRefusal } from './attempt.ts';
import { checkCaa } from './caa-check.ts';
import { issuerOf } from './issuer-of.ts';
import { refuseWhilePaused } from './pauses.ts';

type Blocked = Extract<Plan, { readonly kind: 'blocked' }>;

/**
 * What passes with time is not reported here: the order meets it, or not. @throws AppError
 * ACME_PROBLEM, stored like a refused order
 */
export async function checkIssuer(job: Job): Promise<Blocked | undefined> {
  try {
    // An issuer that asked to wait is asked nothing.
    await refuseWhilePaused(job);
    return await askIssuer(job);
  } catch (error) {
    if (error instanceof AppError && isLeftToOrder(error)) {
      const message = reasonOf(error);
      job.world.log.debug('the issuer was not asked before the order', { message });
      return undefined;
    }
    throw await recordRefusal(job, error);
  }
}

function isLeftToOrder({ code, retry, details }: AppError): boolean {
  return code !== 'INTERRUPTED' && (retry || details['remembered'] === true);
}

async function askIssuer(job: Job): Promise<Blocked | undefined> {
  const { task, call } = job;
  const { domains, directory } = task.intent;
  const issuer = issuerOf(job, { directory });
  await issuer.checkOrder?.({ domains, ...wishesOf(task) }, call);
  const party = await issuer.caaParty?.(call);
  const refused = party === undefined ? undefined : await checkCaa(job, party);
  if (refused === undefined) return undefined;
  await countAgainstIssuer(job);
  return { kind: 'blocked', person: !refused.differs, reasons: refused.reasons };
}
