// What an exception means for the certificate at which it occurred.
import { AppError, outOfResources, reasonOf } from '../base/errors.ts';
import type { Call } from '../ports/call.ts';
import type { Task, World } from './world.ts';

export function interruption(): AppError {
  return new AppError('INTERRUPTED', 'the run was stopped', {
    hint: 'what was begun is saved; the next run continues',
  });
}

export function failureOf(error: unknown, { intent }: Task, world: World, call: Call): AppError {
  // An act that was allowed to finish and failed has failed.
  const failed = error instanceof AppError && error.code !== 'INTERRUPTED';
  if (call.signal?.aborted === true && !failed) return interruption();
  const failure =
    error instanceof AppError
      ? error
      : (outOfResources(error) ?? new AppError('BUG', reasonOf(error), { cause: error }));
  if (failure.code === 'BUG') {
    const stack = error instanceof Error ? error.stack : undefined;
    world.log.error('unexpected error', { certificate: intent.name, stack });
  }
  return failure;
}
