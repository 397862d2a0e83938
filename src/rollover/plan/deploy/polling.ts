// When to look again at something that is not over at a known time.
import type { Instant, Seconds } from '../../../base/clock.ts';
import { ownersOf } from '../../law/facts.ts';
import { liveGeneration } from '../../model.ts';
import type { Situation } from '../../law/situation.ts';
import type { Generation, Intent } from '../../model.ts';
import { visitPause } from '../../attempts.ts';

/**
 * How soon to look again when something outside is waited for: a small share of what is at stake,
 * but never a storm.
 */
export function pollInterval(intent: Intent): Seconds {
  return Math.min(30, Math.max(0.25, intent.policy.ttl / 20));
}

/**
 * What an act of ours leads to shows at once or late: after half its age, and never less often than
 * `longest`.
 */
export function lookAgainAt(actedAt: Instant, longest: Seconds, now: Instant): Instant {
  return now + Math.min(longest, Math.max(0.05, (now - actedAt) / 2));
}

/**
 * The next handshakes with the services of a generation: soon after they were told, then at most
 * once in a minute.
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
