// A certificate leaves: its records are withdrawn, and it is over when no cache can hold them any
// more (the laws, rule 30). Nothing is ordered, published or deployed for it again.
import type { Instant } from '../../base/clock.ts';
import type { Fqdn } from '../../dns/name.ts';
import { needsPerson, step } from '../decision.ts';
import type { Plan } from '../decision.ts';
import type { Reason } from '../reasons.ts';
import type { Facts } from '../law/facts.ts';
import { liveAt, ownersOf } from '../law/facts.ts';
import type { Intent } from '../model.ts';
import { nextLookAt } from './deploy/polling.ts';
import { notServedYet, stillCached } from './idle.ts';
import { planRemovals } from './records/removals.ts';

const HINT =
  'clients there still need these records: put another certificate in service first, and run the command again';

/** `done`: nothing of it is left in DNS or in a cache. */
export function planLeaving(intent: Intent, facts: Facts, now: Instant): Plan {
  const refused: Reason[] = [];
  const open: Reason[] = [];
  let person = false;
  for (const owner of ownersOf(intent)) {
    const { edit, reasons } = planRemovals(owner, undefined, intent, facts, now);
    if (edit !== undefined) return step({ kind: 'publish', edit });
    if (reasons.length === 0) open.push(...notServedYet(owner, facts, now));
    else if (isUnderWay(reasons)) open.push(...reasons);
    else {
      person ||= isKnown(owner, intent, facts);
      refused.push(...reasons.map((reason) => ({ ...reason, hint: reason.hint ?? HINT })));
    }
  }
  // Where nothing validates nobody is refused for a record, and where it cannot be asked the
  // records are still cached.
  const cached = stillCached(intent, facts, now);
  if (refused.length > 0) return { kind: 'blocked', person, reasons: [...refused, ...open] };
  const reasons = [...open, ...cached];
  if (reasons.length === 0) return { kind: 'done', until: now, reasons: [] };
  if (needsPerson(open)) return { kind: 'blocked', person: true, reasons };
  const known = open.length === 0;
  const until = Math.max(now, ...cached.map((reason) => reason.until ?? now));
  return { kind: 'wait', until: known ? until : nextLookAt(intent, facts, now), known, reasons };
}

/** A change that is not served yet, or servers that are silent now: time cures both. */
function isUnderWay(reasons: readonly Reason[]): boolean {
  return reasons.every(({ rule }) => ['write-is-seen', 'servers-answer'].includes(rule));
}

/** Every endpoint was seen just now, so that looking again will not change the verdict. */
function isKnown(owner: Fqdn, intent: Intent, facts: Facts): boolean {
  return liveAt(owner, intent, facts).every(({ live, stale }) => live.length > 0 && stale !== true);
}
