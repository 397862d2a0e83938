// Several places for one chain: each is served by itself, because a host that fails must not keep the others on a certificate that
// expires.
import { AppError } from '../base/errors.ts';
import type { DeployTarget } from '../ports/target.ts';
import type { Reason } from '../rollover/decision.ts';
import { ofReturning } from '../rollover/going-back.ts';

export interface Failure {
  readonly target: DeployTarget;
  readonly error: AppError;
}

/** Which targets took it, and which failed. A bug ends it at once. */
export async function atEach(
  targets: readonly DeployTarget[],
  act: (target: DeployTarget) => Promise<void>,
): Promise<{ readonly taken: readonly DeployTarget[]; readonly failures: readonly Failure[] }> {
  const taken: DeployTarget[] = [];
  const failures: Failure[] = [];
  for (const target of targets) {
    try {
      await act(target);
      taken.push(target);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      failures.push({ target, error });
    }
  }
  return { taken, failures };
}

/** The first failure, with the place where it was: of several hosts one wants to know which. */
export function complaint([first, ...others]: readonly Failure[]): AppError | undefined {
  if (first === undefined) return undefined;
  const { target, error } = first;
  const more = others.map((other) => other.target.label).join(', ');
  const message = `${target.label}: ${error.message}${more === '' ? '' : `; it also failed at ${more}`}`;
  return new AppError(error.code, message, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    details: error.details,
    cause: error,
  });
}

/** With what becomes of the targets that took it. */
export function withProspect(error: AppError, reasons: readonly Reason[]): AppError {
  const hint = [error.hint ?? [], ofReturning(reasons)].flat().join('; ');
  const { details, cause } = error;
  return new AppError(error.code, error.message, { ...(hint && { hint }), details, cause });
}
