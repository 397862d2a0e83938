// When a certificate is to be renewed (RFC 9773, or else a share of its lifetime). Pure: the random
// number is an argument.
import type { Instant, Seconds } from '../../../base/clock.ts';
import type { RenewalMemory } from '../../model.ts';

const SHORT_LIFETIME = 10 * 86_400;

/**
 * Offered by the CA: [start, end], with end after start; otherwise it is not a window (RFC 9773
 * §4.2).
 */
export interface SuggestedWindow {
  readonly start: Instant;
  readonly end: Instant;
  readonly explanationUrl?: string;
  readonly nextLookAt: Instant;
}

/**
 * A uniformly random time within the window, chosen once and kept while the window stays the same
 * (RFC 9773 §4.2).
 */
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
 * The operator's setting counts for at most this share of the lifetime: otherwise a new certificate
 * would be due at once.
 */
const LARGEST_SHARE = 1 / 2;
/**
 * Of the lifetime: a longer wait, for example because a zone was broken for weeks, is not expected
 * again.
 */
const LONGEST_WAIT = 1 / 3;

export interface Validity {
  readonly notBefore: Instant;
  readonly notAfter: Instant;
}

export interface RenewalWishes {
  readonly memory: RenewalMemory | undefined;
  readonly renewBefore: Seconds | undefined;
  /** How long the last rollover took from the staged chain to its deployment. */
  readonly lastWait: Seconds;
}

/**
 * How much lifetime is left when the operator's `renew` takes effect: never more than half of it.
 */
export function renewShare({ notBefore, notAfter }: Validity, renewBefore: Seconds): Seconds {
  return Math.min(renewBefore, (notAfter - notBefore) * LARGEST_SHARE);
}

/**
 * The time to order: the earliest of the one chosen by renewal information, of the operator's
 * `renew`, and of a third of the lifetime left (half for lifetimes below 10 days); earlier by the
 * wait of the last rollover.
 */
export function renewalDue(validity: Validity, wishes: RenewalWishes): Instant {
  const { memory, renewBefore, lastWait } = wishes;
  const lifetime = validity.notAfter - validity.notBefore;
  const left = lifetime < SHORT_LIFETIME ? lifetime / 2 : lifetime / 3;
  const asked = renewBefore === undefined ? 0 : renewShare(validity, renewBefore);
  const byLifetime = validity.notAfter - Math.max(left, asked);
  const wait = Math.min(lastWait, lifetime * LONGEST_WAIT);
  return Math.min(memory?.chosenAt ?? Infinity, byLifetime) - wait;
}
