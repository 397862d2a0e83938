// Targets on other machines get a generation before the first one loads it. Each of them has
// checked it by then, so that a deployment fails at none for a reason that could be known before.
import { formatInstant } from '../../../base/clock.ts';
import type { Instant } from '../../../base/clock.ts';
import { needsPerson, step } from '../../decision.ts';
import type { Plan } from '../../decision.ts';
import type { Reason } from '../../reasons.ts';
import { retryAt } from '../../attempts.ts';
import type { Situation } from '../../law/situation.ts';
import type { Generation, Lineage } from '../../model.ts';
import type { SendingFailure, TargetIntent } from '../../targets.ts';
import { withdrawnBecause } from '../order/revoked.ts';

/**
 * Of the lifetime of the live certificate: with less left, a machine that does not take the next
 * one holds up the others no longer.
 */
const LEAST_LEFT = 1 / 6;

/** A target that has not the generation yet. */
interface Unsent {
  readonly target: TargetIntent;
  readonly failing: SendingFailure | undefined;
}

/**
 * What comes before `deployment` of a generation: it is sent as soon as its records are in DNS, and
 * deployed when every target has it, or as many as `quorum` says.
 */
export function afterSending(
  deployment: Plan,
  generation: Generation,
  live: Generation | undefined,
  situation: Situation,
): Plan {
  const { intent, lineage, now } = situation;
  const unsent = unsentTargets(generation, intent.targets, lineage);
  const isPublishing = deployment.kind === 'step' && deployment.step.kind === 'publish';
  if (unsent.length === 0 || isPublishing) return deployment;
  const due = unsent.filter(({ failing }) => !failing || now >= retryAt(failing.attempts));
  if (due.length > 0) {
    const targets = due.map(({ target }) => target.id);
    const labels = due.map(({ target }) => target.label);
    return step({ kind: 'send', generation: generation.number, targets, labels });
  }
  const reasons = unsent.map((one) => reasonOf(one, generation));
  const all = [...deployment.reasons, ...reasons];
  const isEnough = intent.targets.length - unsent.length >= (intent.quorum ?? Infinity);
  const goesOn = isEnough || isUrgent(generation, live, situation);
  const again = Math.min(...reasons.map(({ until }) => until ?? Infinity));
  if (goesOn || deployment.kind === 'blocked') {
    const until = deployment.kind === 'wait' && { until: Math.min(deployment.until, again) };
    return { ...deployment, ...until, reasons: all };
  }
  // Reported at once, and not when caches allow the deployment.
  if (needsPerson(reasons)) return { kind: 'blocked', person: true, reasons: all };
  return deployment.kind === 'step'
    ? { kind: 'wait', until: again, known: true, reasons }
    : { ...deployment, until: Math.min(deployment.until, again), reasons: all };
}

function unsentTargets(
  { number }: Pick<Generation, 'number'>,
  targets: readonly TargetIntent[],
  { targets: known = {} }: Pick<Lineage, 'targets'>,
): Unsent[] {
  return targets.flatMap((target): Unsent[] => {
    const sent = known[target.id]?.sent;
    if (target.isElsewhere !== true) return [];
    if (sent?.generation !== number) return [{ target, failing: undefined }];
    return sent.failing === undefined ? [] : [{ target, failing: sent.failing }];
  });
}

/** Nothing of holger is live, or it must not stay live for long. */
function isUrgent(
  generation: Generation,
  live: Generation | undefined,
  { lineage, now }: Situation,
): boolean {
  const leaf = live?.chain?.certificates[0];
  if (live === undefined || leaf === undefined) return true;
  if (generation.rollbackOf !== undefined || live.compromised === true) return true;
  if (withdrawnBecause(live, lineage) !== undefined) return true;
  return now > endsSoonAt(leaf);
}

function endsSoonAt({ notBefore, notAfter }: { notBefore: Instant; notAfter: Instant }): Instant {
  return notAfter - (notAfter - notBefore) * LEAST_LEFT;
}

function reasonOf({ target, failing }: Unsent, { number }: Generation): Reason {
  const rule = 'sent-everywhere';
  const because = `${target.label} does not have generation ${number} yet`;
  if (failing === undefined) return { rule, because };
  const { attempts, because: why, hint, person } = failing;
  const until = retryAt(attempts);
  const again = `holger tries again after ${formatInstant(until)}`;
  return {
    ...{ rule, because: `${because}: ${why}`, until },
    hint: [hint ?? [], again].flat().join('; '),
    needs: person ? 'person' : 'time',
  };
}
