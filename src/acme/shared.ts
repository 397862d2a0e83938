// Work that several callers need at once is done once, and the abort of one caller does not end it
// for the others.
import { AppError } from '../base/errors.ts';
import type { Call } from '../ports/call.ts';

/**
 * Callers at the same time share one run. If its starter aborts it, the next waiting caller starts
 * its own run.
 */
export function shareRuns<T>(run: (call: Call) => Promise<T>): (call: Call) => Promise<T> {
  let under: Promise<T> | undefined;
  return async (call) => {
    while (under !== undefined) {
      try {
        return await under;
      } catch (error) {
        const wasInterrupted = error instanceof AppError && error.code === 'INTERRUPTED';
        if (!wasInterrupted || call.signal?.aborted) throw error;
      }
    }
    const mine = run(call).finally(() => (under = undefined));
    under = mine;
    return mine;
  };
}
