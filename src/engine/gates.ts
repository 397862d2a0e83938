// The gates before an act: which steps begin an order, and which must still be planned after a
// second sweep.
import { isDeepStrictEqual } from 'node:util';
import type { Plan, Step } from '../rollover/decision.ts';
import { stagedGeneration } from '../rollover/model.ts';
import type { Lineage } from '../rollover/model.ts';

/** Its zones are asked first whether they can be written. */
export function beginsOrder(next: Plan, lineage: Lineage): boolean {
  if (next.kind !== 'step') return false;
  if (next.step.kind === 'create-key') return next.step.ahead === undefined;
  return next.step.kind === 'obtain' && stagedGeneration(lineage)?.orderUrl === undefined;
}

/** What `--force` asks for has begun. */
export function beginsRenewal(step: Step): boolean {
  return (
    step.kind === 'obtain' ||
    step.kind === 'take' ||
    (step.kind === 'create-key' && step.ahead === undefined)
  );
}

/** The order that this step works on is under way. */
export function isOrdering(step: Step, lineage: Lineage): boolean {
  const staged = stagedGeneration(lineage);
  // A key that the CA refuses ends the order: what comes next is planned anew.
  return step.kind === 'obtain' && staged?.state === 'key' && staged.keyRefused !== true;
}

/** It belongs to an order, or to a deployment: the commands of the operator are around it. */
export function isOrderOrDeployment(step: Step): boolean {
  const { kind } = step;
  if (kind === 'create-key') return step.ahead === undefined;
  return ['obtain', 'send', 'deploy', 'reload', 'repair'].includes(kind);
}

/** It changes what clients see. */
export function touchesTheWorld({ kind }: Step): boolean {
  return kind === 'publish' || kind === 'deploy' || kind === 'reload' || kind === 'repair';
}

/** An edit is the same only against the same RRset, a repair only of the same targets. */
export function isStillPlanned(step: Step, again: Plan): boolean {
  return again.kind === 'step' && isDeepStrictEqual(again.step, step);
}
