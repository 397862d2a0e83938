// A certificate is deleted: its records are withdrawn, and the deletion is complete when no cache
// can hold them any more (rule 30). Nothing is ordered, published or deployed for it again.
import { needsPerson, step } from '../decision.ts';
import type { Plan } from '../decision.ts';
import type { Reason } from '../reasons.ts';
import { ownersOf } from '../law/facts.ts';
import type { OwnerView } from '../law/owner-view.ts';
import type { Situation } from '../law/situation.ts';
import { nextLookAt } from './deploy/polling.ts';
import { notServedYet, stillCached } from './idle.ts';
import { planRemovals } from './records/removals.ts';

const HINT =
  'clients there still need these records: put another certificate in service first, and run the command again';

/** `done`: none of its records is left in DNS or in a cache. */
export function planLeaving(situation: Situation): Plan {
  const { intent, now } = situation;
  const refused: Reason[] = [];
  const open: Reason[] = [];
  let person = false;
  for (const owner of ownersOf(intent).map((each) => situation.owner(each))) {
    const { edit, reasons } = planRemovals(owner, undefined);
    if (edit !== undefined) return step({ kind: 'publish', edit });
    if (reasons.length === 0) open.push(...notServedYet(owner));
    else if (isUnderWay(reasons)) open.push(...reasons);
    else {
      person ||= isKnown(owner);
      refused.push(...reasons.map((reason) => ({ ...reason, hint: reason.hint ?? HINT })));
    }
  }
  // In a zone that does not validate no client is refused because of a record; if it cannot be
  // asked, the records are still cached.
  const cached = stillCached(situation);
  if (refused.length > 0) return { kind: 'blocked', person, reasons: [...refused, ...open] };
  const reasons = [...open, ...cached];
  if (reasons.length === 0) return { kind: 'done', until: now, reasons: [] };
  if (needsPerson(open)) return { kind: 'blocked', person: true, reasons };
  const known = open.length === 0;
  const until = Math.max(now, ...cached.map((reason) => reason.until ?? now));
  return { kind: 'wait', until: known ? until : nextLookAt(situation), known, reasons };
}

/** A change that is not served yet, or servers that are silent now: time helps with both. */
function isUnderWay(reasons: readonly Reason[]): boolean {
  return reasons.every(({ rule }) => ['write-is-seen', 'servers-answer'].includes(rule));
}

/** Every endpoint was just observed, so another check will not change the result. */
function isKnown({ endpoints }: OwnerView): boolean {
  return endpoints.every(({ live, stale }) => live.length > 0 && stale !== true);
}
