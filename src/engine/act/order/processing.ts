// When the CA is asked again about an order on which it is still working.
import type { Instant } from '../../../base/clock.ts';
import type { OrderStatus } from '../../../ports/issuer.ts';
import { lookAgainAt } from '../../../rollover/plan/deploy/polling.ts';
import type { Reason } from '../../../rollover/reasons.ts';
import type { Job } from '../../job.ts';
import type { Outcome } from '../../standing.ts';
import { lastAnswerAt } from './challenge-answers.ts';

/** Between two requests when the CA names no time of its own. */
const ASK_AGAIN = 0.5;
/** The same, for a CA that takes longer. */
const MAX_ASK_AGAIN = 10;

type Wait = Extract<Outcome, { kind: 'wait' }>;

/** At growing intervals: a CA that needs minutes is not asked every second. */
function nextRequest({ memory }: Job, now: Instant): Instant {
  const since = lastAnswerAt(memory.lineage) ?? now;
  return Math.max(now + ASK_AGAIN, lookAgainAt(since, MAX_ASK_AGAIN, now));
}

export function askAgain(job: Job, order: OrderStatus): Wait {
  const until = Math.max(order.notBefore ?? 0, nextRequest(job, job.world.clock.now()));
  const because = `the CA is working on the order (${order.status})`;
  const reasons: Reason[] = [{ rule: 'order-is-valid', because, until }];
  return { kind: 'wait', until, soon: true, reasons };
}
