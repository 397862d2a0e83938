// All targets back to the previous generation, if the operator has configured that: when a
// deployment fails at one target for long, the others do not keep a different certificate. Nothing
// is pruned before a proof, so the records of the old chain are still published.
import { formatInstant } from '../../../base/clock.ts';
import type { Instant } from '../../../base/clock.ts';
import type { Chain } from '../../../dane/chain.ts';
import { step } from '../../decision.ts';
import type { Reason } from '../../reasons.ts';
import { deployability } from './deployability.ts';
import type { Situation } from '../../law/situation.ts';
import { generationBefore } from '../order/generation-before.ts';
import { nextNumber } from '../../model.ts';
import type { Generation, Intent } from '../../model.ts';
import { cacheLife } from '../../record/versions.ts';

const RULE = 'all-go-back';

/**
 * What happens with a deployment that some targets took and others fail: the rollback, or why there
 * is none (yet).
 */
export function planReturn(
  live: Generation,
  situation: Situation,
): ReturnType<typeof step> | Reason | undefined {
  // A generation that was deployed again is not rolled back: it is placed everywhere, however long
  // that takes.
  if (live.insteadOf !== undefined) return wentBack(live);
  const { intent, lineage, now } = situation;
  const { rollbackAfter } = intent.policy;
  const { deployFailing } = live;
  if (rollbackAfter === undefined || deployFailing === undefined) return undefined;
  if (live.rollbackOf !== undefined) return undefined;
  const before = generationBefore(lineage, now);
  const objection = objectionTo(before, situation);
  if (before === undefined || objection !== undefined) {
    const because = `the targets that took generation ${live.number} keep it: ${objection ?? ''}`;
    return { rule: RULE, because };
  }
  const { since, last } = deployFailing;
  if (last - since >= rollbackAfter) {
    return step({
      kind: 'roll-back',
      generation: nextNumber(lineage),
      to: before.number,
      from: live.number,
    });
  }
  const until = since + rollbackAfter;
  const because = `all targets go back to generation ${before.number} if this still fails after ${formatInstant(until)}`;
  return { rule: RULE, because, until };
}

/** An attempt at the configured time decides about the rollback, even during a pause. */
export function decidesNow(
  { deployFailing }: Generation,
  { policy }: Pick<Intent, 'policy'>,
  now: Instant,
): boolean {
  const { rollbackAfter } = policy;
  if (rollbackAfter === undefined || deployFailing === undefined) return false;
  const decision = deployFailing.since + rollbackAfter;
  return deployFailing.last < decision && now >= decision;
}

function objectionTo(
  before: (Generation & { readonly chain: Chain }) | undefined,
  situation: Situation,
): string | undefined {
  const { intent, lineage, now } = situation;
  if (before === undefined) return 'no previous generation is proven, valid and not compromised';
  // The live key is compromised, and perhaps older ones with it: only a new key helps.
  if (lineage.orders?.emergency !== undefined) return 'it replaces a key that is compromised';
  // Once, and not with every renewal while a host is missing: the certificate must not expire at
  // the others because of it.
  const again = ({ number, insteadOf }: Generation): boolean =>
    number > before.number && insteadOf !== undefined;
  if (lineage.generations.some(again)) {
    return (
      `generation ${before.number} was deployed again once already, and has not been ` +
      'proven since'
    );
  }
  const left = (before.chain.certificates[0]?.notAfter ?? 0) - now;
  // The next attempt begins when half of that is over, and must leave time for a complete rollover
  // that fails.
  if (
    left / 2 <=
    cacheLife(intent.policy.ttl, intent.policy) + (intent.policy.rollbackAfter ?? 0)
  ) {
    return `generation ${before.number} expires too soon to be renewed in time afterwards`;
  }
  const verdict = deployability(before.chain, situation);
  if (verdict.allowed) return undefined;
  const why = verdict.reasons.map((reason) => reason.because).join('; ');
  return `generation ${before.number} may not be deployed now: ${why}`;
}

/** Reported as long as the generation that was deployed again is live. */
export function wentBack({ rollbackOf, insteadOf }: Generation): Reason | undefined {
  if (insteadOf === undefined) return undefined;
  return {
    rule: RULE,
    because:
      `generation ${insteadOf.generation} could not be deployed everywhere ` +
      `(${insteadOf.because}), so generation ${rollbackOf} was deployed again at all ` +
      'targets',
    hint:
      'fix that target, then get a new certificate with holger run --force; without it, ' +
      'one is ordered when the next renewal is due',
  };
}

/** What the reason of a failing deployment says about the rollback. */
export function ofReturning(reasons: readonly Reason[]): readonly string[] {
  return reasons
    .filter(({ rule }) => rule === RULE)
    .flatMap(({ because, hint }) => [because, hint ?? []].flat());
}
