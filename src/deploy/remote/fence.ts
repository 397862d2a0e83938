// The fence of a deployment against the one that another machine keeps: a sender with a smaller
// one was stopped for long, or runs on a copy of the state.
import { AppError } from '../../base/errors.ts';
import type { DeployPackage, Fence } from '../../ports/target.ts';

/** The other side keeps a larger fence. */
export const OVERTAKEN = {
  code: 'DEPLOY_REFUSED',
  words: 'a newer run of holger, here or on another machine, has been there',
  hint:
    'stop the other one; if this machine is the only one that deploys there: ' +
    'holger deploy NAME --take-over',
} as const;

/** Another machine, or a copy of the state, has deployed there since. */
export function overtaken(): AppError {
  const { code, words, hint } = OVERTAKEN;
  return new AppError(code, words, { hint, details: { result: 'fence' } });
}

/**
 * The fence of this deployment. @param kept that of the other side, 0: none @param keptIn what a
 * person removes there after the clock of a sender was wrong
 * @throws AppError DEPLOY_REFUSED
 */
export function fenceOver(
  kept: number,
  { fence }: Pick<DeployPackage, 'fence'>,
  keptIn: string,
): number {
  if (fence === undefined) throw new AppError('BUG', 'a deployment to a host has no fence');
  const { number, before, used = [] }: Fence = fence;
  // A larger one is of another sender, unless this one lost its own.
  if (before !== undefined && kept > before && !used.includes(kept)) throw overtaken();
  if (kept > number) {
    throw new AppError('DEPLOY_REFUSED', 'its fence is later than the clock of this machine', {
      hint: `set the clock; if it is right, remove ${keptIn}`,
      details: { result: 'fence' },
    });
  }
  return number;
}

/** As it is kept by others: up to 18 digits; more than can be compared are as many as can be. */
export function keptFence(text: unknown): number {
  if (typeof text !== 'string' || !/^\d{1,18}$/.test(text)) return 0;
  return Math.min(Number(text), Number.MAX_SAFE_INTEGER);
}
