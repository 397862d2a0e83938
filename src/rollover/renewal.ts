// When a certificate is to be renewed (RFC 9773, else a share of its lifetime). Pure: the random number is an argument.
import type { Instant, Seconds } from '../base/clock.ts';
import type { RenewalMemory } from './model.ts';

const SHORT_LIFETIME = 10 * 86_400;

/** Offered by the CA: [start, end], with end after start, or it is no window (RFC 9773 §4.2). */
export interface SuggestedWindow {
  readonly start: Instant;
  readonly end: Instant;
  readonly explanationUrl?: string;
  readonly nextLookAt: Instant;
}

/** A uniformly random time within the window, chosen once and kept while the window stays the same (RFC 9773 §4.2). */
export function rememberWindow(
  before: RenewalMemory | undefined,
  certId: string,
  window: SuggestedWindow,
  random: number,
): RenewalMemory {
  const valid = window.end > window.start;
  const kept =
    before?.certId === certId &&
    before.windowStart === window.start &&
    before.windowEnd === window.end &&
    before.chosenAt !== undefined
      ? before.chosenAt
      : window.start + random * (window.end - window.start);
  return {
    certId,
    ...(valid ? { windowStart: window.start, windowEnd: window.end, chosenAt: kept } : {}),
    ...(window.explanationUrl === undefined ? {} : { explanationUrl: window.explanationUrl }),
    nextLookAt: window.nextLookAt,
  };
}

/**
 * The time at which to order: the one chosen by renewal information, else when a third of the lifetime is left (half for
 * lifetimes below 10 days); earlier by the wait that DANE took the last time, and never so late that this wait would
 * not fit before expiry.
 */
export function renewalDue(
  validity: { readonly notBefore: Instant; readonly notAfter: Instant },
  memory: RenewalMemory | undefined,
  lastWait: Seconds,
): Instant {
  const lifetime = validity.notAfter - validity.notBefore;
  const left = lifetime < SHORT_LIFETIME ? lifetime / 2 : lifetime / 3;
  const byLifetime = validity.notAfter - left - lastWait;
  if (memory?.chosenAt === undefined) return byLifetime;
  const latest = validity.notAfter - 2 * lastWait;
  return Math.min(memory.chosenAt - lastWait, latest);
}
