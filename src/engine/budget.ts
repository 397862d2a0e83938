// What one run may spend on one certificate. A value: spending makes a new one.
import type { Instant, Seconds } from '../base/clock.ts';
import { isJustTold } from '../rollover/attempts.ts';
import { isProven, liveGeneration } from '../rollover/model.ts';
import type { Memory } from './state/memory.ts';

/**
 * In one run: how long it stays for things that take seconds (a CA's answer, a secondary, a
 * reload).
 */
const PATIENCE: Seconds = 60;
/**
 * More acts than any rollover has, waits not counted. A planner that goes in circles is a bug, and
 * must not become a load on the servers of others.
 */
export const MAX_STEPS = 200;
/** How often in one run another writer may change an RRset between the sweep and the write. */
const MAX_CONFLICTS = 4;
/** A write of this certificate shows within this time, where it shows soon. */
const SHOWS_WITHIN: Seconds = 10;

export interface Budget {
  /** Acts so far. */
  readonly steps: number;
  /** Writes so far that another writer was faster than. */
  readonly conflicts: number;
  /** Until when the run stays for what takes seconds. */
  readonly patience: Instant;
}

export function newBudget(now: Instant): Budget {
  return { steps: 0, conflicts: 0, patience: now + PATIENCE };
}

export function hasSteps({ steps }: Budget): boolean {
  return steps < MAX_STEPS;
}

export function withStep(budget: Budget): Budget {
  return { ...budget, steps: budget.steps + 1 };
}

/** An act that could only wait is not counted. */
export function withoutStep(budget: Budget): Budget {
  return { ...budget, steps: budget.steps - 1 };
}

/** While the run was busy with other certificates this one had no use of its patience. */
export function withLateness(budget: Budget, pausedUntil: Instant, now: Instant): Budget {
  return { ...budget, patience: budget.patience + Math.max(0, now - pausedUntil) };
}

/** Undefined: there were too many. */
export function withConflict(budget: Budget): Budget | undefined {
  const conflicts = budget.conflicts + 1;
  return conflicts > MAX_CONFLICTS ? undefined : { ...budget, conflicts };
}

/** Twice as long after each conflict. */
export function conflictPause({ conflicts }: Budget): Seconds {
  return 2 ** conflicts / 4;
}

/**
 * Whether a wait is short enough to stay for it. A write or a reload shows within seconds; a
 * secondary that lags, or a person, may take hours.
 */
export function isWorthStaying(
  { patience }: Budget,
  until: Instant,
  { lineage, owners }: Memory,
  now: Instant,
): boolean {
  if (until > patience) return false;
  const live = liveGeneration(lineage);
  const isProving = live === undefined || !isProven(live) || isJustTold(live, now);
  if (isProving && lineage.generations.length > 0) return true;
  return Object.values(owners).some(({ writes }) =>
    writes.some(({ at, byHand }) => byHand !== true && now - at < SHOWS_WITHIN),
  );
}
