// How long not to ask again after a refusal: the time that the CA or provider named, with an upper
// limit, or else growing pauses. Pure.
import type { Instant, Seconds } from '../base/clock.ts';
import { liveGeneration } from './model.ts';
import type { Lineage } from './model.ts';

/** A time from outside delays a try no longer than this: it may be a mistake, or an attack. */
export const LONGEST_PAUSE: Seconds = 86_400;
/** As CAs recommend: 1, 10, 100 minutes, then a day. */
const GROWING: readonly Seconds[] = [60, 600, 6000, LONGEST_PAUSE];
/** So that attempts that failed together are not repeated together. */
const JITTER = 0.1;
/** Of the lifetime of the live certificate: with less left, a pause is cut. */
const NEAR_END = 1 / 10;
/** The length of a cut pause: often enough to be in time, without load for a CA. */
const PAUSE_NEAR_END: Seconds = 3600;

export interface Pause {
  readonly at: Instant;
  readonly notBefore: Instant;
}

/** After the attempt of this number, the first being 1. `random`: in [0, 1). */
export function pauseAfter(attempt: number, random: number): Seconds {
  const pause = GROWING[Math.min(Math.max(attempt, 1), GROWING.length) - 1] ?? LONGEST_PAUSE;
  return pause * (1 - JITTER / 2 + JITTER * random);
}

function isNearEnd(lineage: Lineage, now: Instant): boolean {
  const leaf = liveGeneration(lineage)?.chain?.certificates[0];
  return leaf !== undefined && leaf.notAfter - now < (leaf.notAfter - leaf.notBefore) * NEAR_END;
}

/**
 * When a pause ends for this certificate; undefined if it is over, or was stored under another
 * clock.
 */
export function pauseEnds(pause: Pause, lineage: Lineage, now: Instant): Instant | undefined {
  if (pause.at > now) return undefined;
  const longest = isNearEnd(lineage, now) ? PAUSE_NEAR_END : LONGEST_PAUSE;
  const end = Math.min(pause.notBefore, pause.at + longest);
  return now < end ? end : undefined;
}
