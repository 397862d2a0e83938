// When a process that stays looks at a certificate again. A timer needs none of this: it comes back
// at its own times.
import type { Instant, Seconds } from '../base/clock.ts';
import type { RunResult } from './result.ts';

/** A name server or an endpoint is not asked more often than this, whatever a plan says. */
const SOONEST: Seconds = 15;
/** After a failure, and while another process works on the same certificate. */
const AFTER_FAILURE: Seconds = 60;

/** Infinity: no time is known; it is looked at together with all others. */
export function nextLookAt(result: RunResult, now: Instant): Instant {
  if ('failure' in result) {
    const { code, notBefore = Infinity } = result.failure;
    return code === 'LOCKED' ? now + AFTER_FAILURE : Math.max(notBefore, now + AFTER_FAILURE);
  }
  const { standing } = result;
  if (standing.kind !== 'done' && standing.kind !== 'wait') return Infinity;
  return Math.max(standing.until, now + SOONEST);
}
