// What every use case works with, and which certificates it is about.
import { AppError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { Config } from '../../config/schema.ts';
import type { Task, World } from '../../engine/world.ts';
import type { Call } from '../../ports/call.ts';
import { leavingTasks, readInstallation } from '../known/departed.ts';
import { withFormer } from '../known/former.ts';
import { tasksOf } from '../known/tasks.ts';

export interface AppWorld {
  readonly config: Config;
  readonly logger: Logger;
  readonly userAgent: string;
  readonly world: World;
  /** The same for commands that only ask: they change nothing, whatever state it is in. */
  readonly readOnly: World;
  readonly call: Call;
}

/**
 * The certificates of these names (none: all), and those that are leaving. @throws AppError USAGE
 * for a name that is not known
 */
export async function chosen(
  names: readonly string[],
  { config, world }: Pick<AppWorld, 'config' | 'world'>,
): Promise<readonly Task[]> {
  warnOfAnchors(config, world);
  const installation = await readInstallation(config, world);
  const staying = tasksOf(installation.certificates, config);
  const leaving = await leavingTasks(installation);
  return named(names, [...(await withFormer(staying, installation)), ...leaving]);
}

/** Renewals go on without them: nothing else would say it. */
function warnOfAnchors({ anchors = {} }: Config, { log }: Pick<World, 'log'>): void {
  for (const { unread } of Object.values(anchors)) {
    if (unread !== undefined) log.warn('trust anchors not readable', { detail: unread });
  }
}

/** @throws AppError USAGE for a name that is not known */
export async function one(name: string, app: AppWorld): Promise<Task> {
  const [task] = await chosen([name], app);
  if (task !== undefined) return task;
  throw new AppError('BUG', `${name} was chosen and does not exist any more`);
}

/** @throws AppError USAGE for a name that is not known */
export function named(names: readonly string[], tasks: readonly Task[]): readonly Task[] {
  const known = tasks.map(({ intent }) => intent.name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new AppError('USAGE', `the certificate "${unknown}" does not exist`, {
      hint: `known are: ${known.join(', ') || 'none'}`,
    });
  }
  return names.length === 0 ? tasks : tasks.filter(({ intent }) => names.includes(intent.name));
}
