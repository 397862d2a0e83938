// What is live and proven stays as it is: the services still present it, and DNS has the wanted
// records.
import type { Instant } from '../../base/clock.ts';
import type { Plan } from '../decision.ts';
import type { Situation } from '../law/situation.ts';
import type { Generation } from '../model.ts';
import type { Reason } from '../reasons.ts';
import { nextVisitAt } from './deploy/polling.ts';
import { beside, planReload } from './deploy/repair.ts';
import { planIdle } from './idle.ts';

export function planKept(live: Generation, situation: Situation, dueAt: Instant): Plan {
  const repair = planReload(live, situation);
  if (repair.next !== undefined) return repair.next;
  return beside(planIdle(live, situation, dueAt), repair, nextVisitAt(live, situation.now));
}

/** What can be done is done; what needs a person is reported in any case. */
export function meanwhile(other: Plan, reason: Reason): Plan {
  if (other.kind === 'step') return other;
  return { kind: 'blocked', person: true, reasons: [reason, ...other.reasons] };
}

/** What was in progress has ended: only a person, or another generation, continues from here. */
export function needsOther(proving: Plan): boolean {
  return proving.kind === 'blocked' && proving.person;
}
