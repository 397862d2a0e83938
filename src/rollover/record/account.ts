// What is stored of an account at a CA, once for all certificates that are ordered with it: until
// when the CA refuses its orders, and what is used up of the limits that the CA publishes.
import type { Instant, Moment, Seconds } from '../../base/clock.ts';
import { defined } from '../../base/defined.ts';
import type { OrderPause } from '../model.ts';
import { mapValues } from './clock-step.ts';

/**
 * By limit, and in it by what is counted: when it will be unused again. What is absent is unused
 * now.
 */
export type Used = Readonly<Record<string, Readonly<Record<string, Instant>>>>;

interface Counted {
  readonly schema: 1;
  /** When this was stored, to detect later whether the clock was set. */
  readonly savedAt?: Moment;
  readonly used?: Used;
}

/** Without `attempts`: the CA has never refused all orders of the account. */
export type AccountMemory = Counted & (OrderPause | { readonly attempts?: never });

/** Undefined: the CA has refused nothing since it last accepted an order. */
export function pauseOf(account: AccountMemory | undefined): OrderPause | undefined {
  return account?.attempts === undefined || account.attempts === 0 ? undefined : account;
}

export function shiftAccount(account: AccountMemory, step: Seconds): AccountMemory {
  if (step === 0) return account;
  const later = (instant: Instant): Instant => instant + step;
  const { used } = account;
  const shifted = { used: used && mapValues(used, (each) => mapValues(each, later)) };
  if (account.attempts === undefined) return { ...account, ...defined(shifted) };
  const { at, notBefore } = account;
  return { ...account, ...defined(shifted), at: later(at), notBefore: later(notBefore) };
}
