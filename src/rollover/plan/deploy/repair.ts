// A deployment is a state: the files at each target and the chain at each endpoint are compared
// with the live generation at every check. Differences are repaired under the law of deploying,
// with growing pauses (rule 27).
import { formatInstant } from '../../../base/clock.ts';
import type { Instant } from '../../../base/clock.ts';
import { step } from '../../decision.ts';
import type { Plan } from '../../decision.ts';
import type { Reason } from '../../reasons.ts';
import { deployability } from './deployability.ts';
import type { Deployability } from './deployability.ts';
import type { Situation } from '../../law/situation.ts';
import type { Generation, Intent, Lineage } from '../../model.ts';
import type { SentMemory, TargetIntent, TargetMemory } from '../../targets.ts';
import { stagedGeneration } from '../../model.ts';
import { pauseAfter, retryAt } from '../../attempts.ts';
import { withdrawnBecause } from '../order/revoked.ts';
import { proof } from './proof.ts';
import type { Proof } from './proof.ts';

const RULE = 'targets-hold-it';

/** A target that does not have the files of the live generation. */
export interface Lacking {
  readonly target: TargetIntent;
  readonly known: TargetMemory | undefined;
  readonly because: string;
}

export function lackingTargets(
  live: Generation,
  { targets }: Pick<Intent, 'targets'>,
  lineage: Pick<Lineage, 'targets'>,
): Lacking[] {
  return targets.flatMap((target) => {
    const known = lineage.targets?.[target.id];
    const { took, differs = [], failure } = known ?? {};
    if (took === live.number && differs.length === 0) return [];
    const what =
      differs.length > 0 ? differs.join(', ') : `it has not taken generation ${live.number} yet`;
    const failed = failure === undefined ? '' : `; the last attempt failed: ${failure.because}`;
    return [{ target, known, because: `${target.label}: ${what}${failed}` }];
  });
}

/** When the earliest of them may be tried again. */
export function firstRetry(lacking: readonly Lacking[]): Instant {
  return Math.min(...lacking.map(({ known }) => (known?.attempts ? retryAt(known.attempts) : 0)));
}

export function isDue({ known }: Lacking, now: Instant): boolean {
  return known?.attempts === undefined || now >= retryAt(known.attempts);
}

/** Since when it fails stays known. */
function withoutPause({ generation, failing }: SentMemory): SentMemory {
  if (failing === undefined) return { generation };
  return { generation, failing: { ...failing, attempts: { ...failing.attempts, count: 0 } } };
}

/** An attempt may be made at once: something was changed, or an operator asks for it. */
export function withoutPauses(lineage: Lineage): Lineage {
  const { targets } = lineage;
  if (targets === undefined) return lineage;
  const eager = Object.entries(targets).map(([id, one]) => {
    const { attempts: _waited, sent, ...rest } = one;
    return [id, sent === undefined ? rest : { ...rest, sent: withoutPause(sent) }] as const;
  });
  return { ...lineage, targets: Object.fromEntries(eager) };
}

/** The reason why a target lacks the live generation, as a plan gives it. */
export function reasonOfLacking({ known, because }: Lacking, name: string): Reason {
  const { attempts, failure } = known ?? {};
  const again =
    attempts === undefined
      ? []
      : `holger tries again after ${formatInstant(retryAt(attempts))}, holger deploy ${name} at once`;
  const hints = [failure?.hint ?? [], again].flat();
  const needs = failure === undefined ? undefined : failure.person ? 'person' : 'time';
  return {
    rule: RULE,
    because,
    ...(attempts === undefined ? {} : { until: retryAt(attempts) }),
    ...(hints.length === 0 ? {} : { hint: hints.join('; ') }),
    ...(needs === undefined ? {} : { needs }),
  };
}

export interface Repair {
  readonly next?: Extract<Plan, { kind: 'step' }>;
  /** What differs and cannot be repaired now. */
  readonly reasons: readonly Reason[];
  /** When the law allows it, if that depends on time alone. */
  readonly allowedAt?: Instant;
}

/** What the law does not allow yet. */
function deferred(reasons: readonly Reason[], verdict: Deployability): Repair {
  const all = [...reasons, ...verdict.reasons];
  const isTime = !verdict.person && Number.isFinite(verdict.until);
  return isTime ? { reasons: all, allowedAt: verdict.until } : { reasons: all };
}

/**
 * Where it lay, it stays until it is replaced. Nowhere else is a chain placed that the CA may have
 * revoked since it was deployed (rule 29).
 */
export function withheld(
  { known, because }: Lacking,
  live: Generation,
  lineage: Lineage,
): Reason[] {
  const why = withdrawnBecause(live, lineage);
  if (known?.took === live.number || why === undefined) return [];
  const never = `${because}; it is not placed there any more, because it ${why}`;
  return [{ rule: 'not-revoked', because: never }];
}

/**
 * Targets that lack the live generation; those of a deployment in progress are handled in
 * deployment.ts.
 */
export function planRepair(live: Generation | undefined, situation: Situation): Repair {
  const { intent, lineage, now } = situation;
  if (live?.chain === undefined) return { reasons: [] };
  if (live.deployedAt === undefined && stagedGeneration(lineage) === undefined) {
    return { reasons: [] };
  }
  const lacking = lackingTargets(live, intent, lineage);
  if (lacking.length === 0) return { reasons: [] };
  const never = lacking.flatMap((one) => withheld(one, live, lineage));
  const allowed = lacking.filter((one) => withheld(one, live, lineage).length === 0);
  const due = allowed.filter((one) => isDue(one, now));
  const reasons = [...never, ...allowed.map((one) => reasonOfLacking(one, intent.name))];
  if (due.length === 0) return { reasons };
  const verdict = deployability(live.chain, situation);
  if (!verdict.allowed) return deferred(reasons, verdict);
  const targets = due.map(({ target }) => target.id);
  const labels = due.map(({ target }) => target.label);
  return { next: step({ kind: 'repair', generation: live.number, targets, labels }), reasons };
}

/**
 * The targets have it but an endpoint presents another chain: the services are reloaded again. Not
 * if another configured certificate has the same place, because a reload would change nothing. And
 * not while a target lacks it: a service would load foreign files, or lose its TLS if the files are
 * missing.
 */
export function isToldAgain(
  { reloads, deployedAt }: Generation,
  { stale, broken }: Pick<Proof, 'stale' | 'broken'>,
  lacking: readonly Lacking[],
  now: Instant,
): boolean {
  if (!stale || broken.length > 0 || lacking.length > 0) return false;
  const { count, last } = reloads ?? { count: 0, last: deployedAt ?? now };
  return now >= last + pauseAfter(count + 1);
}

/** For a generation that was proven once: a service that presents another chain since then. */
export function planReload(live: Generation, situation: Situation): Repair {
  const { intent, lineage, now } = situation;
  const evidence = proof(live, situation);
  const reasons = [...evidence.broken, ...evidence.others];
  const lacking = lackingTargets(live, intent, lineage);
  if (live.chain === undefined || !isToldAgain(live, evidence, lacking, now)) return { reasons };
  const verdict = deployability(live.chain, situation);
  if (!verdict.allowed) return deferred(reasons, verdict);
  return { next: step({ kind: 'reload', generation: live.number }), reasons };
}

/**
 * A plan together with differences: the certificate is then not idle. The wait ends at a known time
 * if the law allows the repair then; otherwise it needs an act: `lookAt`.
 */
export function beside(next: Plan, repair: Repair, lookAt: Instant): Plan {
  const { reasons, allowedAt } = repair;
  if (reasons.length === 0 || next.kind === 'step') return next;
  // What delays the staged chain often delays the repair too.
  const said = new Set(next.reasons.map(({ because }) => because));
  const all = [...next.reasons, ...reasons.filter(({ because }) => !said.has(because))];
  const needs = reasons.flatMap((reason) => reason.needs ?? []);
  if (next.kind === 'wait') {
    return { ...next, until: Math.min(next.until, allowedAt ?? Infinity), reasons: all };
  }
  if (next.kind === 'blocked') {
    return { ...next, person: next.person || needs.includes('person'), reasons: all };
  }
  if (needs.length > 0) {
    return { kind: 'blocked', person: needs.includes('person'), reasons: all };
  }
  const until = Math.min(next.until, allowedAt ?? lookAt);
  return { kind: 'wait', until, known: allowedAt !== undefined, reasons: all };
}
