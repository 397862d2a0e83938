// From a chain that is on disk to one that every endpoint presents: begun for the first time,
// resumed, repeated, proven.
import type { Instant } from '../../../base/clock.ts';
import type { Chain } from '../../../dane/chain.ts';
import { needsPerson, step, waitFor } from '../../decision.ts';
import type { Plan, Step } from '../../decision.ts';
import type { Reason } from '../../reasons.ts';
import { deployability } from './deployability.ts';
import type { Facts } from '../../law/facts.ts';
import { daneOwners } from '../../law/facts.ts';
import type { Generation, Intent } from '../../model.ts';
import { nextLookAt, nextVisitAt } from './polling.ts';
import { brokenServices } from './broken-services.ts';
import { decidesNow, planReturn } from './rollback.ts';
import { proof } from './proof.ts';
import { planAdditions } from '../records/additions.ts';
import { firstRetry, isToldAgain, lackingTargets, reasonOfLacking } from './repair.ts';
import { planUnsupplied } from '../records/removals.ts';

/**
 * The records first, then the wait, then the act that makes services load the chain: begun for the
 * first time or once more.
 */
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
      return step({ kind: 'publish', edit: additions.edit }, additions.reasons);
    }
    const removals = planUnsupplied(owner, chain, intent, facts, now);
    if (removals.edit !== undefined) {
      return step({ kind: 'publish', edit: removals.edit });
    }
    reasons.push(...additions.reasons, ...removals.reasons);
  }
  const verdict = deployability(chain, intent, facts, now);
  if (verdict.allowed) return step(act, verdict.reasons);
  if (verdict.person) {
    return { kind: 'blocked', person: true, reasons: [...verdict.reasons, ...reasons] };
  }
  const all = [...verdict.reasons, ...reasons];
  if (!Number.isFinite(verdict.until)) return waitFor(all, nextLookAt(intent, facts, now));
  return { kind: 'wait', until: verdict.until, known: true, reasons: all };
}

export function planProof(live: Generation, intent: Intent, facts: Facts, now: Instant): Plan {
  if (live.deployedAt === undefined && live.chain !== undefined) {
    return planAgain({ ...live, chain: live.chain }, intent, facts, now);
  }
  const evidence = proof(live, intent, facts, now);
  const { broken, others, unseen } = evidence;
  if (evidence.proven) return step({ kind: 'prove', generation: live.number });
  if (broken.length > 0) return planBroken(live, broken, intent, facts, now);
  const lacking = lackingTargets(live, intent, facts.lineage);
  if (live.chain !== undefined && isToldAgain(live, evidence, lacking, now)) {
    const again: Step = { kind: 'reload', generation: live.number };
    return planDeployment(live.chain, again, intent, facts, now);
  }
  return waitFor([...others, ...unseen], nextVisitAt(live, now));
}

/** A deployment that some target did not take is begun again there, when its pause is over. */
function planAgain(
  live: Generation & { readonly chain: Chain },
  intent: Intent,
  facts: Facts,
  now: Instant,
): Plan {
  const { number, chain } = live;
  const back = planReturn(live, intent, facts, now);
  if (back !== undefined && 'kind' in back) return back;
  const said = [back ?? []].flat();
  const lacking = lackingTargets(live, intent, facts.lineage);
  const broken = brokenServices(live, intent, facts, now);
  const isDue = firstRetry(lacking) <= now || lacking.length === 0 || decidesNow(live, intent, now);
  if (!isDue) {
    const reasons = [...lacking.map((one) => reasonOfLacking(one, intent.name)), ...broken];
    return { kind: 'blocked', person: needsPerson(reasons), reasons: [...reasons, ...said] };
  }
  const next = planDeployment(chain, { kind: 'deploy', generation: number }, intent, facts, now);
  return { ...next, reasons: [...next.reasons, ...broken, ...said] };
}

/** Where all are to go back together, a service that does not work is a target that failed. */
function planBroken(
  live: Generation,
  broken: readonly Reason[],
  intent: Intent,
  facts: Facts,
  now: Instant,
): Plan {
  const because = broken.map((reason) => reason.because).join('; ');
  const deployFailing = { since: live.deployedAt ?? now, last: now, because };
  const back = planReturn({ ...live, deployFailing }, intent, facts, now);
  if (back !== undefined && 'kind' in back) return back;
  const reasons = [...broken, ...(back === undefined ? [] : [back])];
  return { kind: 'blocked', person: true, reasons };
}
