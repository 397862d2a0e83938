// From a chain that is on disk to one that every endpoint presents: begun for the first time, resumed, repeated, proven.
import type { Instant } from '../base/clock.ts';
import type { Chain } from '../dane/chain.ts';
import { step } from './decision.ts';
import type { Plan, Reason, Step } from './decision.ts';
import { deployability } from './deployability.ts';
import type { Facts } from './facts.ts';
import { daneOwners } from './facts.ts';
import type { Generation, Intent } from './model.ts';
import { nextLookAt } from './polling.ts';
import { planReturn } from './going-back.ts';
import { proof } from './proof.ts';
import { planAdditions } from './publishing.ts';
import { planUnsupplied } from './withdrawing.ts';

/** The records first, then the wait, then the act that makes services load the chain: begun for the first time or once more. */
export function planDeployment(
  chain: Chain,
  act: Step,
  intent: Intent,
  facts: Facts,
  now: Instant,
): Plan {
  const reasons: Reason[] = [];
  for (const owner of daneOwners(intent)) {
    const additions = planAdditions(owner, chain, intent, facts, now);
    if (additions.edit !== undefined) {
      return step({ kind: 'publish', edit: additions.edit, purpose: 'stage' }, additions.reasons);
    }
    const removals = planUnsupplied(owner, chain, intent, facts, now);
    if (removals.edit !== undefined) {
      return step({ kind: 'publish', edit: removals.edit, purpose: 'stage' });
    }
    reasons.push(...additions.reasons, ...removals.reasons);
  }
  const verdict = deployability(chain, intent, facts, now);
  if (verdict.allowed) return step(act, verdict.reasons);
  if (verdict.person) {
    return { kind: 'blocked', person: true, reasons: [...verdict.reasons, ...reasons] };
  }
  const known = Number.isFinite(verdict.until);
  return {
    kind: 'wait',
    until: known ? verdict.until : nextLookAt(intent, facts, now),
    known,
    reasons: [...verdict.reasons, ...reasons],
  };
}

export function planProof(live: Generation, intent: Intent, facts: Facts, now: Instant): Plan {
  const { number, chain } = live;
  if (live.deployedAt === undefined && chain !== undefined) {
    const back = planReturn(live, intent, facts, now);
    if (back !== undefined && 'kind' in back) return back;
    const next = planDeployment(chain, { kind: 'deploy', generation: number }, intent, facts, now);
    return back === undefined ? next : { ...next, reasons: [...next.reasons, back] };
  }
  const evidence = proof(live, intent, facts);
  if (evidence.proven) return step({ kind: 'prove', generation: number });
  if (evidence.stale && now - (live.deployedAt ?? now) >= 60 && chain !== undefined) {
    return planDeployment(chain, { kind: 'reload', generation: number }, intent, facts, now);
  }
  return {
    kind: 'wait',
    until: nextLookAt(intent, facts, now),
    known: false,
    reasons: evidence.reasons,
  };
}
