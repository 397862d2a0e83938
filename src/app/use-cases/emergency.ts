// The two choices after a compromised key, with their times, for the operator to choose.
import type { Instant } from '../../base/clock.ts';
import { Memory } from '../../engine/state/memory.ts';
import type { Task, World } from '../../engine/world.ts';
import { ownersOf } from '../../rollover/law/facts.ts';
import { cacheLife, newestVersion } from '../../rollover/record/versions.ts';
import type { EmergencyChoice } from './commands.ts';

/**
 * From the last observations: both wait until the present records have left the caches, one of them
 * twice.
 */
export async function emergencyChoices(task: Task, world: World): Promise<EmergencyChoice[]> {
  const { intent } = task;
  const memory = await Memory.load(world, intent);
  const now = world.clock.now();
  const lives = ownersOf(intent).flatMap((owner) => {
    const history = memory.owner(owner);
    const newest = history === undefined ? undefined : newestVersion(history);
    return newest === undefined || newest.content.length === 0 ? [] : [newest.ttl];
  });
  const ttl = Math.max(0, ...lives);
  const wait = ttl === 0 ? 0 : cacheLife(ttl, intent.policy);
  const again = ttl === 0 ? 0 : cacheLife(Math.max(ttl, intent.policy.ttl), intent.policy);
  const deployedAt: Instant = now + wait;
  return [
    { records: 'keep', deployedAt, safeAt: deployedAt + again },
    { records: 'withdraw', deployedAt, safeAt: deployedAt },
  ];
}
