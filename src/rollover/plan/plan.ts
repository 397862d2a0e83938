// The planner: compares what should be with what was observed and returns the one next step.
//
// It is a reconciler, not a script. It has no position of its own: a crash between any two
// instructions, an operator's edit or a second renewal during a wait is just another observation.
// Pure: no clock, no I/O, no randomness, no logging.
import { formatInstant } from '../../base/clock.ts';
import type { Instant, Seconds } from '../../base/clock.ts';
import type { Fqdn } from '../../dns/name.ts';
import { isJustTold } from '../attempts.ts';
import { step } from '../decision.ts';
import type { Plan, Step } from '../decision.ts';
import type { Reason } from '../reasons.ts';
import { planDeployment, planProof } from './deploy/deployment.ts';
import { exposures } from './records/exposure.ts';
import type { Facts } from '../law/facts.ts';
import { Situation } from '../law/situation.ts';
import type { OwnerHistory, UnprovenResolver } from '../record/owner-history.ts';
import {
  aheadGeneration,
  isProven,
  liveGeneration,
  nextNumber,
  stagedGeneration,
} from '../model.ts';
import type { Generation, Intent } from '../model.ts';
import { planLeaving } from './leaving.ts';
import {
  alreadyDue,
  floorAhead,
  isForSame,
  isOfKind,
  tooSoon,
  useless,
} from './order/order-floor.ts';
import { rotationDue } from './order/renewal.ts';
import { beginWith, isReplaced, requestNews } from './order/request.ts';
import { pollInterval } from './deploy/polling.ts';
import { beside, planRepair } from './deploy/repair.ts';
import { afterSending } from './deploy/sending.ts';
import { planWithdrawal } from './idle.ts';
import { meanwhile, needsOther, planKept } from './kept.ts';
import type { Validity } from './order/renewal.ts';
import { recalled, withoutDeployment } from './order/recalled.ts';
import { revokedAt } from './order/revoked.ts';
import { signaturesEnded } from '../record/versions.ts';
import { planTaken, readsOtherFiles } from './taken.ts';
import { addressesGone, wildcardGate } from './records/wildcards.ts';

/** Of a staged certificate's lifetime: with less left it is ordered again before it is deployed. */
const LEAST_LEFT = 1 / 4;
/**
 * A certificate that becomes valid within this time is waited for: clocks differ, and time zones
 * are set wrongly. One that begins in 2030 is an error.
 */
const CLOCKS_DIFFER: Seconds = 86_400;

export function plan(intent: Intent, facts: Facts, renewAt: Instant, now: Instant): Plan {
  const situation = new Situation(intent, facts, now);
  if (facts.lineage.orders?.leaving !== undefined) return planLeaving(situation);
  const next = decide(situation, renewAt);
  const gone = addressesGone(situation);
  // What is in progress may repair it; that all is well is not reported.
  const isClaim = next.kind !== 'step' || next.step.kind === 'prove';
  const wrong = [...gone, ...readsOtherFiles(situation)];
  if (wrong.length > 0 && isClaim) return { kind: 'blocked', person: true, reasons: wrong };
  if (next.kind === 'step') return next;
  const refused = exposures(situation);
  if (refused.length === 0) return next;
  const reasons = [...next.reasons, ...refused.map(({ reason }) => reason)];
  // An idle certificate has nothing in progress that would repair what another program put in
  // service.
  return isAtRest(next, situation) && refused.some(({ lasting }) => lasting)
    ? { kind: 'blocked', person: true, reasons }
    : { ...next, reasons };
}

function isAtRest(next: Plan, { lineage, now }: Situation): boolean {
  if (next.kind === 'done') return true;
  const live = liveGeneration(lineage);
  const isKept = live !== undefined && isProven(live) && stagedGeneration(lineage) === undefined;
  return next.kind === 'wait' && !next.known && isKept && !isJustTold(live, now);
}

function decide(situation: Situation, renewAt: Instant): Plan {
  const { intent, lineage, now } = situation;
  const first = zoneGate(situation) ?? wildcardGate(situation) ?? planWithdrawal(situation);
  if (first !== undefined) return first;
  const live = liveGeneration(lineage);
  const repair = planRepair(live, situation);
  if (repair.next !== undefined) return repair.next;
  const staged = stagedGeneration(lineage);
  return beside(planNext(live, staged, situation, renewAt), repair, now + pollInterval(intent));
}

function planNext(
  live: Generation | undefined,
  staged: Generation | undefined,
  situation: Situation,
  renewAt: Instant,
): Plan {
  if (situation.intent.source !== undefined) return planTaken(live, staged, situation);
  const next =
    staged === undefined
      ? planOnward(live, situation, renewAt)
      : planStaged(staged, live, situation);
  const news =
    next.kind === 'done' || next.kind === 'wait'
      ? requestNews(situation.intent, situation.facts)
      : undefined;
  return news === undefined ? next : { ...next, reasons: [...next.reasons, news] };
}

/** No generation is staged: the live one is proven, renewed, or kept as it is. */
function planOnward(live: Generation | undefined, situation: Situation, renewAt: Instant): Plan {
  if (live === undefined) return planRenewal(live, situation);
  const { intent, lineage, now } = situation;
  const floor = floorAhead(live, situation);
  if (!isProven(live)) {
    const proving = planProof(live, situation);
    const isDue = now >= renewAt || live.compromised === true;
    if (!isDue && !intent.force) return proving;
    // Each --force would begin another generation, although the present one only waits for its
    // proof.
    if (!isDue && !needsOther(proving)) return goesOnWith(live, proving);
    if (floor !== undefined) {
      return meanwhile(proving, alreadyDue(live, floor, situation));
    }
    // An endpoint that never comes back, takes no files or does not reload must not let the
    // certificate expire at all others, and must not prevent a new one.
    const again = ['deploy', 'reload', 'roll-back'];
    const goesOn = proving.kind === 'step' && !again.includes(proving.step.kind);
    return goesOn ? proving : orElse(planRenewal(live, situation), () => proving);
  }
  // A key that is to be replaced more often than this is replaced this often.
  const rotateAt = Math.max(rotationDue(live, intent), floor ?? -Infinity);
  const dueAt = Math.min(renewAt, rotateAt);
  // A generation that the operator chose by a rollback stays, whatever the configuration says,
  // until it is due.
  const changed = live.rollbackOf === undefined && !isForSame(live, intent);
  const revoked = revokedAt(live.chain, lineage) !== undefined;
  const due = intent.force || now >= dueAt || changed || live.compromised === true || revoked;
  if (!due) return planKept(live, situation, dueAt);
  if (floor === undefined) {
    return orElse(planRenewal(live, situation), () => planKept(live, situation, dueAt));
  }
  const idle = planKept(live, situation, Math.max(dueAt, floor));
  if (!changed) return meanwhile(idle, alreadyDue(live, floor, situation));
  if (idle.kind === 'step' || idle.kind === 'blocked') return idle;
  const reasons = [tooSoon(floor, intent), ...idle.reasons];
  const known = idle.kind === 'done' || idle.known;
  return { kind: 'wait', until: Math.min(idle.until, floor), known, reasons };
}

function goesOnWith({ number }: Generation, proving: Plan): Plan {
  if (proving.kind === 'step') return proving;
  const reason: Reason = {
    rule: 'one-at-a-time',
    because:
      `--force orders nothing while generation ${number} is deployed and not proven yet: ` +
      'holger continues with that one',
  };
  return { ...proving, reasons: [reason, ...proving.reasons] };
}

/**
 * A renewal begins: with the key that was made ahead, with the same key once more, or with a new
 * one.
 */
function planRenewal(live: Generation | undefined, situation: Situation): Plan {
  const { intent, lineage, now } = situation;
  const create = { kind: 'create-key', generation: nextNumber(lineage) } as const;
  if (intent.request !== undefined) return beginWith(create, situation);
  const next = aheadGeneration(lineage);
  if (next?.keyType === intent.keyType && next.compromised !== true) {
    return isForSame(next, intent)
      ? step({ kind: 'obtain', generation: next.number })
      : step({ ...create, sameKeyAs: next.number });
  }
  const keeps =
    intent.strategy === 'reuse-key' &&
    live?.keyType === intent.keyType &&
    live.compromised !== true &&
    now < rotationDue(live, intent);
  return step(keeps ? { ...create, sameKeyAs: live.number } : create);
}

type Fault = Pick<Reason, 'because'> & { readonly hint: string };

const INSECURE = {
  insecure: {
    because: 'is not signed, so clients ignore TLSA records there',
    hint:
      'sign it and publish its DS record in the parent zone; if it is signed, the resolver ' +
      'in [dns] uses an internal view of it, or is configured not to validate it',
  },
  bogus: {
    because: 'fails DNSSEC validation (bogus), so validating clients reject its records',
    hint:
      'compare the DS record in the parent with the DNSKEY, and check the dates of the ' +
      'signatures (delv, dnsviz.net)',
  },
  unknown: {
    because: 'cannot be validated now: no resolver says whether it is signed',
    hint: 'check that dns.resolver names a validating resolver and that it answers',
  },
} as const;

/**
 * A resolver that does not validate answers as if the zone were unsigned: signing it would change
 * nothing.
 */
function unprovenBy({ detail }: UnprovenResolver): Fault {
  return {
    because: `cannot be validated: ${detail}`,
    hint:
      'name a resolver that validates as dns.resolver, best on this machine (unbound, ' +
      'knot-resolver, BIND; systemd-resolved with DNSSEC=yes)',
  };
}

function notRenewed(owner: Fqdn, ended: Instant): Fault {
  return {
    because:
      `is not signed again: the signatures over ${owner} expired at ` +
      `${formatInstant(ended)}, and validating clients reject them`,
    hint:
      'check the signer of the zone (does it run, does it have the keys, is its clock ' +
      'right?) and the clock of this machine',
  };
}

/** Why the records of an owner have no effect now, if they have none. */
function faultOf(owner: Fqdn, history: OwnerHistory | undefined): Fault | undefined {
  const security = history?.security ?? 'unknown';
  const ended = history === undefined ? undefined : signaturesEnded(history);
  // For a resolver that has everything in its cache the zone is secure a little longer.
  const signed = security === 'secure' || security === 'bogus';
  if (signed && ended !== undefined) return notRenewed(owner, ended);
  if (security === 'unknown' && history?.unproven !== undefined)
    return unprovenBy(history.unproven);
  return security === 'secure' ? undefined : INSECURE[security];
}

/** DANE exists only in a signed zone; and what cannot be validated now allows no step (rule 1). */
function zoneGate({ daneOwners }: Situation): Plan | undefined {
  const reasons: Reason[] = [];
  let person = false;
  for (const { owner, history } of daneOwners) {
    const fault = faultOf(owner, history);
    if (fault === undefined) continue;
    person ||= history?.security === 'insecure' || history?.unproven?.lasting === true;
    const zone = history === undefined ? `the zone of ${owner}` : `zone ${history.zone}`;
    reasons.push({
      rule: 'zone-is-secure',
      because: `${zone} ${fault.because}`,
      hint: fault.hint,
    });
  }
  return reasons.length === 0 ? undefined : { kind: 'blocked', person, reasons };
}

/** A request that cannot be used stops nothing else. */
function orElse(next: Plan, other: () => Plan): Plan {
  if (next.kind !== 'blocked') return next;
  return next.reasons.reduce(meanwhile, other());
}

function planStaged(staged: Generation, live: Generation | undefined, situation: Situation): Plan {
  const { intent, lineage, now } = situation;
  const create = { kind: 'create-key', generation: nextNumber(lineage) } as const;
  const begin = (planned: Extract<Step, { kind: 'create-key' }> = create): Plan =>
    orElse(beginWith(planned, situation), () => planBeside(live, situation));
  // A new generation, whatever prevents the deployment of the one that was chosen by a rollback.
  const givenUp = staged.rollbackOf !== undefined && intent.force;
  const revoked = revokedAt(staged.chain, lineage) !== undefined;
  const unusable = staged.keyRefused === true || staged.compromised === true || revoked || givenUp;
  if (unusable || isReplaced(staged, situation)) return begin();
  const floor = floorAhead(staged, situation);
  const wanted = isForSame(staged, intent) || staged.rollbackOf !== undefined;
  if (!wanted && floor !== undefined) {
    return { kind: 'wait', until: floor, known: true, reasons: [tooSoon(floor, intent)] };
  }
  if (!isOfKind(staged, intent)) return begin();
  // Order again with the same key, whose record may be in DNS already (rules 23 and 25): for other
  // names or from another CA, or because the certificate has nearly expired before it was used.
  const again: Step = { ...create, sameKeyAs: staged.number };
  if (!wanted) return begin(again);
  const leaf = staged.chain?.certificates[0];
  if (staged.chain === undefined || leaf === undefined) {
    const vain = staged.orderUrl === undefined ? staged.wrong : undefined;
    if (vain !== undefined && floor !== undefined) {
      const reasons = [useless(staged.number, vain, floor, intent)];
      return { kind: 'blocked', person: true, reasons };
    }
    return step({ kind: 'obtain', generation: staged.number });
  }
  const deploy: Step = { kind: 'deploy', generation: staged.number };
  const planned = planDeployment(staged.chain, deploy, situation);
  const asked = recalled(staged, live, floor, situation);
  const deployment =
    asked === undefined
      ? afterSending(planned, staged, live, situation)
      : withoutDeployment(planned, asked, situation);
  if (asked !== undefined && floor !== undefined) return deployment;
  if (asked !== undefined) return orElse(beginWith(again, situation), () => deployment);
  if (staged.rollbackOf !== undefined || !runsOut(leaf, now)) return deployment;
  if (floor === undefined) return orElse(beginWith(again, situation), () => deployment);
  return meanwhile(deployment, alreadyDue(staged, floor, situation));
}

/** What goes on while the next generation cannot begin. */
function planBeside(live: Generation | undefined, situation: Situation): Plan {
  if (live === undefined) return { kind: 'blocked', person: true, reasons: [] };
  return isProven(live) ? planKept(live, situation, Infinity) : planProof(live, situation);
}

/** Too little lifetime of a staged certificate is left, or it becomes valid too late. */
function runsOut({ notBefore, notAfter }: Validity, now: Instant): boolean {
  return now > notAfter - (notAfter - notBefore) * LEAST_LEFT || notBefore - now > CLOCKS_DIFFER;
}
