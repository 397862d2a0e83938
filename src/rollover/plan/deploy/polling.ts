// When to check again for something without a known end.
import type { Instant, Seconds } from '../../../base/clock.ts';
import { ownersOf } from '../../law/facts.ts';
import { liveGeneration } from '../../model.ts';
import type { Situation } from '../../law/situation.ts';
import type { Generation, Intent } from '../../model.ts';
import { visitPause } from '../../attempts.ts';

/**
 * How soon to check again for an event outside: a small share of the whole time, but with a
 * minimum.
 */
export function pollInterval(intent: Intent): Seconds {
  return Math.min(30, Math.max(0.25, intent.policy.ttl / 20));
}

/** The effect of an act shows at once or late: after half its age, and at least every `longest`. */
export function lookAgainAt(actedAt: Instant, longest: Seconds, now: Instant): Instant {
  return now + Math.min(longest, Math.max(0.05, (now - actedAt) / 2));
}

/**
 * The next handshakes with the services of a generation: soon after the reload, then at most one a
 * minute.
 */
export function nextVisitAt({ deployedAt = 0, reloads }: Generation, now: Instant): Instant {
  return now + visitPause(Math.max(deployedAt, reloads?.last ?? 0), now);
}

export function nextLookAt({ intent, facts, lineage, now }: Situation): Instant {
  const writes = ownersOf(intent).flatMap((owner) => facts.owners[owner]?.writes ?? []);
  const deployedAt = liveGeneration(lineage)?.deployedAt ?? 0;
  const actedAt = Math.max(deployedAt, ...writes.map(({ at }) => at));
  return lookAgainAt(actedAt, pollInterval(intent), now);
}
