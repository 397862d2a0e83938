// Several places for one chain: each is handled separately, because a failing host must not leave
// the others with a certificate that expires.
import { formatInstant } from '../../base/clock.ts';
import type { Instant } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import { mapLimited } from '../../base/limit.ts';
import type { DeployTarget } from '../../ports/target.ts';
import { isOverdue } from '../../rollover/attempts.ts';
import type { Reason } from '../../rollover/reasons.ts';
import { ofReturning } from '../../rollover/plan/deploy/rollback.ts';

export interface Failure {
  readonly target: DeployTarget;
  readonly error: AppError;
}

/** A machine that is down takes as long as its time limit, and the others must not wait for it. */
const AT_ONCE = 64;

/**
 * Which targets took it, and which failed: files here one after the other, other machines beside
 * each other. A bug ends it at once.
 */
export async function atEach(
  targets: readonly DeployTarget[],
  act: (target: DeployTarget) => Promise<void>,
): Promise<{ readonly taken: readonly DeployTarget[]; readonly failures: readonly Failure[] }> {
  const errors = new Map<DeployTarget, AppError>();
  const one = async (target: DeployTarget): Promise<void> => {
    try {
      await act(target);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      errors.set(target, error);
    }
  };
  const elsewhere = targets.filter(({ stage }) => stage !== undefined);
  const machines = mapLimited(elsewhere, AT_ONCE, one);
  const inTurn = async (): Promise<void> => {
    for (const target of targets) if (!elsewhere.includes(target)) await one(target);
  };
  await Promise.all([machines, inTurn()]);
  return {
    taken: targets.filter((target) => !errors.has(target)),
    failures: targets.flatMap((target) => {
      const error = errors.get(target);
      return error === undefined ? [] : [{ target, error }];
    }),
  };
}

/**
 * The first failure, with its target: with several hosts the operator needs to know which one
 * failed.
 */
export function complaint([first, ...others]: readonly Failure[]): AppError | undefined {
  if (first === undefined) return undefined;
  const { target, error } = first;
  const more = others.map((other) => other.target.label).join(', ');
  const message = `${target.label}: ${error.message}${more === '' ? '' : `; it also failed at ${more}`}`;
  return new AppError(error.code, message, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    details: error.details,
    overdue: error.overdue,
    cause: error,
  });
}

/** A failure that has lasted too long needs a person, and says since when it lasts. */
export function lasting(failure: Failure, since: Instant, now: Instant): Failure {
  if (!isOverdue(since, now)) return failure;
  const { target, error } = failure;
  const { code, message, hint, details } = error;
  const more = { ...(hint === undefined ? {} : { hint }), details, overdue: true, cause: error };
  const words = `${message}; it fails since ${formatInstant(since)}`;
  return { target, error: new AppError(code, words, more) };
}

/** With what happens to the targets that took it. */
export function withProspect(error: AppError, reasons: readonly Reason[]): AppError {
  const hint = [error.hint ?? [], ofReturning(reasons)].flat().join('; ');
  const { details, overdue: isOverdue, cause } = error;
  const more = { details, overdue: isOverdue, cause };
  return new AppError(error.code, error.message, { ...(hint && { hint }), ...more });
}
