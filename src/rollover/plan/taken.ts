// A certificate that another program renews: each new pair in its files is staged like one that was
// ordered. Nothing is ordered here, and no key is made.
import { formatInstant } from '../../base/clock.ts';
import type { Instant, Seconds } from '../../base/clock.ts';
import { sameLeaf } from '../../dane/chain.ts';
import { step } from '../decision.ts';
import type { Plan } from '../decision.ts';
import type { Situation } from '../law/situation.ts';
import { isProven, nextNumber } from '../model.ts';
import type { Generation } from '../model.ts';
import type { Reason } from '../reasons.ts';
import { NO_TLS } from '../record/service-history.ts';
import { planDeployment, planProof } from './deploy/deployment.ts';
import { pollInterval } from './deploy/polling.ts';
import { afterSending } from './deploy/sending.ts';
import { meanwhile, needsOther, planKept } from './kept.ts';
import { judgeOffer, lateAt, tooMany } from './order/offer.ts';
import type { Judged } from './order/offer.ts';
import { withdrawnBecause } from './order/revoked.ts';

const LOOK_AGAIN: Seconds = 86_400;

export function planTaken(
  live: Generation | undefined,
  staged: Generation | undefined,
  situation: Situation,
): Plan {
  const waiting = staged?.chain === undefined ? undefined : staged;
  const newest = waiting ?? live;
  const judged = judgeOffer(newest, situation);
  const often = judged.kind === 'new' ? tooMany(situation) : undefined;
  const unusable = newest === undefined ? undefined : unusableBecause(newest, situation);
  if (judged.kind === 'new' && (often === undefined || unusable !== undefined)) {
    const take = step({
      ...{ kind: 'take', generation: nextNumber(situation.lineage), chain: judged.chain.id },
    });
    if (waiting !== undefined || newest === undefined || isOver(newest, situation)) return take;
  }
  if (newest === undefined) return withNothing(judged, situation);
  const isUsable = waiting !== undefined && unusable === undefined;
  const rest = isUsable
    ? planWaiting(waiting, live, situation)
    : planOther(live, judged, situation);
  const reasons = [reasonOf(judged), often, lateness(newest, unusable, judged, situation)];
  return reasons.reduce((plan, reason) => (reason ? beside(plan, reason) : plan), rest);
}

/** What is live can be followed by another one. */
function isOver(live: Generation, situation: Situation): boolean {
  if (isProven(live) || situation.intent.force) return true;
  if (unusableBecause(live, situation) !== undefined) return true;
  return needsOther(planProof(live, situation));
}

function planLive(live: Generation, situation: Situation): Plan {
  if (!isProven(live)) return planProof(live, situation);
  const late = lateAtOf(live);
  const { now } = situation;
  return planKept(live, situation, now < late ? late : now + LOOK_AGAIN);
}

function planWaiting(
  waiting: Generation,
  live: Generation | undefined,
  situation: Situation,
): Plan {
  const { number, chain } = waiting;
  if (chain === undefined) throw new RangeError(`generation ${number} has no chain`);
  const deployment = planDeployment(chain, { kind: 'deploy', generation: number }, situation);
  return afterSending(deployment, waiting, live, situation);
}

function planOther(live: Generation | undefined, judged: Judged, situation: Situation): Plan {
  return live === undefined ? withNothing(judged, situation) : planLive(live, situation);
}

function withNothing(judged: Judged, { intent, now }: Situation): Plan {
  const nothing: Reason = {
    ...{ rule: 'pair-is-usable', because: `there is no new certificate at ${intent.source ?? ''}` },
    ...{ hint: 'let the other program order it', needs: 'person' },
  };
  const reason = reasonOf(judged) ?? nothing;
  if (reason.needs === 'person') return { kind: 'blocked', person: true, reasons: [reason] };
  return { kind: 'wait', until: now + pollInterval(intent), known: false, reasons: [reason] };
}

function reasonOf(judged: Judged): Reason | undefined {
  return judged.kind === 'refused' ? judged.reason : undefined;
}

/** Reported by every run; it ends nothing that is in progress. */
function beside(plan: Plan, reason: Reason): Plan {
  if (reason.needs === 'person') return meanwhile(plan, reason);
  return plan.kind === 'step' ? plan : { ...plan, reasons: [...plan.reasons, reason] };
}

function lateAtOf({ chain }: Generation): Instant {
  const leaf = chain?.certificates[0];
  return leaf === undefined ? -Infinity : lateAt(leaf);
}

/** Why another one is needed at once; undefined: it can be used. */
function unusableBecause(newest: Generation, { lineage, now }: Situation): string | undefined {
  if (newest.compromised === true) return 'has a compromised key';
  const leaf = newest.chain?.certificates[0];
  if (leaf !== undefined && leaf.notAfter <= now) {
    return `expired at ${formatInstant(leaf.notAfter)}`;
  }
  return withdrawnBecause(newest, lineage);
}

function lateness(
  newest: Generation,
  unusable: string | undefined,
  judged: Judged,
  { intent, now }: Situation,
): Reason | undefined {
  if (judged.kind === 'new') return undefined;
  const end = newest.chain?.certificates[0]?.notAfter ?? now;
  const why = unusable ?? (now >= lateAtOf(newest) ? `ends at ${formatInstant(end)}` : undefined);
  if (why === undefined && !intent.force) return undefined;
  return {
    rule: 'renewed-elsewhere',
    because:
      why === undefined
        ? `holger orders nothing for it: another program renews it, and ${intent.source ?? ''} has no new certificate`
        : `generation ${newest.number} ${why}, and ${intent.source ?? ''} has no new certificate`,
    hint: 'check the timer and the log of the other program',
    needs: 'person',
  };
}

/**
 * A service that presents what holger has not placed: it reads the files of the other program
 * itself, so that renewals reach clients before DNS has their records.
 */
export function readsOtherFiles({ facts, intent, lineage }: Situation): Reason[] {
  const { offer } = facts;
  if (offer?.status !== 'pair') return [];
  const { chain } = offer;
  const isOurs = lineage.generations.some(
    (one) => one.deployBegunAt !== undefined && one.chain && sameLeaf(one.chain, chain),
  );
  const begun = lineage.generations.some(({ deployBegunAt }) => deployBegunAt !== undefined);
  if (isOurs || !begun) return [];
  const at = intent.services.flatMap(({ id }) => {
    const { endpoints = {}, chains = {} } = facts.services[id] ?? {};
    const shows = Object.values(endpoints).some(({ sightings }) =>
      sightings.some(({ chain: seen, missedSince }) => {
        const met = seen === NO_TLS || missedSince !== undefined ? undefined : chains[seen];
        return met !== undefined && sameLeaf(met, chain);
      }),
    );
    return shows ? [id] : [];
  });
  if (at.length === 0) return [];
  return [
    {
      rule: 'own-files',
      because: `${at.join(', ')} presents the certificate at ${intent.source ?? ''}, which holger has not deployed: the service reads the files of the other program`,
      hint: 'let the service load the files of a deploy target of this certificate, and remove it from the hooks of the other program',
      needs: 'person',
    },
  ];
}
