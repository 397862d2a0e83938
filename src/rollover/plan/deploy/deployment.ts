// From a chain that is on disk to one that every endpoint presents: begun for the first time,
// resumed, repeated, proven.
import type { Chain } from '../../../dane/chain.ts';
import { needsPerson, step, waitFor } from '../../decision.ts';
import type { Plan, Step } from '../../decision.ts';
import type { Reason } from '../../reasons.ts';
import { deployability } from './deployability.ts';
import type { Situation } from '../../law/situation.ts';
import type { Generation } from '../../model.ts';
import { nextLookAt, nextVisitAt } from './polling.ts';
import { brokenServices } from './broken-services.ts';
import { decidesNow, planReturn } from './rollback.ts';
import { proof } from './proof.ts';
import { planAdditions } from '../records/additions.ts';
import { firstRetry, isToldAgain, lackingTargets, reasonOfLacking, withheld } from './repair.ts';
import { planUnsupplied } from '../records/removals.ts';

/**
 * The records first, then the wait, then the act that makes services load the chain: for the first
 * time or again.
 */
export function planDeployment(chain: Chain, act: Step, situation: Situation): Plan {
  const reasons: Reason[] = [];
  for (const owner of situation.daneOwners) {
    const additions = planAdditions(owner, chain);
    if (additions.edit !== undefined) {
      return step({ kind: 'publish', edit: additions.edit }, additions.reasons);
    }
    const removals = planUnsupplied(owner, chain);
    if (removals.edit !== undefined) {
      return step({ kind: 'publish', edit: removals.edit });
    }
    reasons.push(...additions.reasons, ...removals.reasons);
  }
  const verdict = deployability(chain, situation);
  if (verdict.allowed) return step(act, verdict.reasons);
  if (verdict.person) {
    return { kind: 'blocked', person: true, reasons: [...verdict.reasons, ...reasons] };
  }
  const all = [...verdict.reasons, ...reasons];
  if (!Number.isFinite(verdict.until)) return waitFor(all, nextLookAt(situation));
  return { kind: 'wait', until: verdict.until, known: true, reasons: all };
}

export function planProof(live: Generation, situation: Situation): Plan {
  const { intent, lineage, now } = situation;
  if (live.deployedAt === undefined && live.chain !== undefined) {
    return planAgain({ ...live, chain: live.chain }, situation);
  }
  const evidence = proof(live, situation);
  const { broken, others, unseen } = evidence;
  if (evidence.proven) return step({ kind: 'prove', generation: live.number });
  if (broken.length > 0) return planBroken(live, broken, situation);
  const lacking = lackingTargets(live, intent, lineage);
  if (live.chain !== undefined && isToldAgain(live, evidence, lacking, now)) {
    const again: Step = { kind: 'reload', generation: live.number };
    return planDeployment(live.chain, again, situation);
  }
  return waitFor([...others, ...unseen], nextVisitAt(live, now));
}

/** A deployment that a target did not take is tried again there after its pause. */
function planAgain(live: Generation & { readonly chain: Chain }, situation: Situation): Plan {
  const { intent, facts, lineage, now } = situation;
  const { number, chain } = live;
  const back = planReturn(live, situation);
  if (back !== undefined && 'kind' in back) return back;
  const said = [back ?? []].flat();
  const lacking = lackingTargets(live, intent, lineage);
  const broken = brokenServices(live, intent, facts, now);
  const isDue = firstRetry(lacking) <= now || lacking.length === 0 || decidesNow(live, intent, now);
  if (!isDue) {
    const reasons = [...lacking.map((one) => reasonOfLacking(one, intent.name)), ...broken];
    return { kind: 'blocked', person: needsPerson(reasons), reasons: [...reasons, ...said] };
  }
  const never = lacking.flatMap((one) => withheld(one, live, lineage));
  if (never.length > 0) return { kind: 'blocked', person: false, reasons: [...never, ...broken] };
  const next = planDeployment(chain, { kind: 'deploy', generation: number }, situation);
  return { ...next, reasons: [...next.reasons, ...broken, ...said] };
}

/**
 * If all targets are to be rolled back together, a service that does not work counts as a failed
 * target.
 */
function planBroken(live: Generation, broken: readonly Reason[], situation: Situation): Plan {
  const { now } = situation;
  const because = broken.map((reason) => reason.because).join('; ');
  const deployFailing = { since: live.deployedAt ?? now, last: now, because };
  const back = planReturn({ ...live, deployFailing }, situation);
  if (back !== undefined && 'kind' in back) return back;
  const reasons = [...broken, ...(back === undefined ? [] : [back])];
  return { kind: 'blocked', person: true, reasons };
}
