// `holger history`: what happened to a certificate, also to one that was deleted.
import { AppError } from '../../base/errors.ts';
import type { Event } from '../../engine/events.ts';
import type { History } from '../../ports/history.ts';
import { eventsOf } from '../world/history.ts';
import { chosen } from './app-world.ts';
import type { AppWorld } from './app-world.ts';

/** @throws AppError USAGE for a name of which nothing is known */
export async function historyOf(
  name: string,
  history: History,
  { config, readOnly }: Pick<AppWorld, 'config' | 'readOnly'>,
): Promise<readonly Event[]> {
  const events = eventsOf(name, history);
  if (events.length > 0) return events;
  const known = (await chosen([], { config, world: readOnly })).map(({ intent }) => intent.name);
  if (known.includes(name)) return [];
  throw new AppError('USAGE', `nothing is known of a certificate "${name}"`, {
    hint: `known are: ${known.join(', ') || 'none'}`,
  });
}
