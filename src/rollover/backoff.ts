// How long others are left in peace after a refusal: by their own word, which is bounded, else by
// pauses that grow. Pure.
import type { Instant, Seconds } from '../base/clock.ts';
import { liveGeneration } from './model.ts';
import type { Lineage } from './model.ts';

/**
 * Nobody's word from outside keeps anything from being tried for longer: it may be a mistake, or a
 * lie.
 */
export const LONGEST_PAUSE: Seconds = 86_400;
/** As the CAs ask integrators to: 1, 10, 100 minutes, then a day. */
const GROWING: readonly Seconds[] = [60, 600, 6000, LONGEST_PAUSE];
/** So that those that failed together do not come back together. */
const JITTER = 0.1;
/** Of the lifetime of the live certificate: with less left, a pause is cut. */
const NEAR_END = 1 / 10;
/** What is left of a pause then: often enough to be in time, and no load on a CA. */
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
 * Until when a pause lasts for this certificate; undefined when it is over, or was written down
 * under another clock.
 */
export function pauseEnds(pause: Pause, lineage: Lineage, now: Instant): Instant | undefined {
  if (pause.at > now) return undefined;
  const longest = isNearEnd(lineage, now) ? PAUSE_NEAR_END : LONGEST_PAUSE;
  const end = Math.min(pause.notBefore, pause.at + longest);
  return now < end ? end : undefined;
}
