// When a certificate is to be renewed (RFC 9773, or else a share of its lifetime). Pure: the random
// number is an argument.
import { createHash } from 'node:crypto';
import type { Instant, Seconds } from '../../../base/clock.ts';
import type { ChainCertificate } from '../../../dane/chain.ts';
import type { Generation, Intent, RenewalMemory } from '../../model.ts';

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
/**
 * Of the lifetime: over this long, 10,000 certificates of one day come to no more than some hundred
 * orders an hour.
 */
const SPREAD = 1 / 10;
/** Of the lifetime: no renewal is moved nearer to the issuance than this (rule 28). */
const SOONEST = 3 / 20;

export interface Validity {
  readonly notBefore: Instant;
  readonly notAfter: Instant;
}

export interface RenewalWishes {
  readonly memory: RenewalMemory | undefined;
  readonly renewBefore: Seconds | undefined;
  /** How long the last rollover took from the staged chain to its deployment. */
  readonly lastWait: Seconds;
  /** Uniform in [0, 1), the same for as long as the certificate is used. */
  readonly chance: number;
}

/** What names a time for the renewal. */
export type RenewalCause = 'ari' | 'renew' | 'lifetime';

export interface RenewalCandidate {
  readonly cause: RenewalCause;
  /** Before it is moved. */
  readonly at: Instant;
  /** When it would be due by this alone. */
  readonly due: Instant;
}

export interface RenewalTime {
  /** The earliest counts, which is the first. */
  readonly candidates: readonly [RenewalCandidate, ...RenewalCandidate[]];
  /** Each is earlier by the wait of the last rollover. */
  readonly wait: Seconds;
  /** Those that the CA has not named are earlier by this part of `window`, too. */
  readonly spread: Seconds;
  readonly window: Seconds;
  /** Half of the lifetime is left then, and not a third. */
  readonly isShort: boolean;
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
 * wait of the last rollover. Where the CA names no time before, many certificates that were issued
 * together are spread over a window.
 */
export function renewalTime(validity: Validity, wishes: RenewalWishes): RenewalTime {
  const { memory, renewBefore, chance } = wishes;
  const lifetime = validity.notAfter - validity.notBefore;
  const left = lifetime < SHORT_LIFETIME ? lifetime / 2 : lifetime / 3;
  const wait = Math.min(wishes.lastWait, lifetime * LONGEST_WAIT);
  const ownTimes = [
    { cause: 'lifetime', at: validity.notAfter - left },
    ...(renewBefore === undefined
      ? []
      : [{ cause: 'renew', at: validity.notAfter - renewShare(validity, renewBefore) } as const]),
  ] as const;
  const asked = memory?.chosenAt ?? Infinity;
  const latest = Math.min(...ownTimes.map(({ at }) => at));
  const room = latest - wait - (validity.notBefore + lifetime * SOONEST);
  const window = asked <= latest ? 0 : Math.min(lifetime * SPREAD, Math.max(0, room));
  const spread = Math.round(window * chance);
  const own = ownTimes.map((one) => ({ ...one, due: one.at - spread - wait }));
  const fromCa = { cause: 'ari', at: asked, due: asked - wait } as const;
  const all = [...(asked === Infinity ? [] : [fromCa]), ...own].sort((a, b) => a.due - b.due);
  const candidates = all as [RenewalCandidate, ...RenewalCandidate[]];
  return { candidates, wait, spread, window, isShort: lifetime < SHORT_LIFETIME };
}

/** When the key itself is too old, whatever the dates of the certificate are. */
export function rotationDue(
  { keyMadeAt }: Pick<Generation, 'keyMadeAt'>,
  { rotateKeyEvery }: Pick<Intent, 'rotateKeyEvery'>,
): Instant {
  return rotateKeyEvery === undefined ? Infinity : keyMadeAt + rotateKeyEvery;
}

/** Each certificate has its own number: it depends on its serial number, which is random. */
export function chanceOf({ der }: Pick<ChainCertificate, 'der'>): number {
  return createHash('sha256').update(der).digest().readUInt32BE() / 2 ** 32;
}
