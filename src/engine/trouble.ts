// The last thing that went wrong with a certificate, written down: `status` says it, and no later run hammers.
import { AppError, reasonOf } from '../base/errors.ts';
import type { Lineage, Trouble } from '../rollover/model.ts';
import { readOrSetAside } from './documents.ts';
import { lineageKey } from './memory.ts';
import type { Task, World } from './world.ts';

/** A CA that asked for peace until a certain time gets it, over all restarts. */
export async function heed(task: Task, world: World): Promise<void> {
  const stored = await readOrSetAside<Lineage>(lineageKey(task.intent.name), world);
  const trouble = stored?.value.trouble;
  if (trouble === undefined || world.clock.now() >= trouble.notBefore) return;
  throw new AppError(trouble.code, trouble.message, {
    ...(trouble.hint === undefined ? {} : { hint: trouble.hint }),
    notBefore: trouble.notBefore,
    details: { remembered: true, notBefore: trouble.notBefore },
  });
}

/** Minutes between attempts at an order that fails, as the CAs ask integrators to (1, 10, 100 min, then a day). */
const BACKOFF = [60, 600, 6000, 86_400];

export async function note(task: Task, failure: AppError, world: World): Promise<void> {
  try {
    const key = lineageKey(task.intent.name);
    const stored = await readOrSetAside<Lineage>(key, world);
    if (stored === undefined) return;
    const now = world.clock.now();
    const before = stored.value.trouble;
    const attempts = before?.code === failure.code ? before.attempts + 1 : 1;
    const ordering = failure.code === 'ACME_ORDER_INVALID';
    const pause = ordering ? (BACKOFF[Math.min(attempts, BACKOFF.length) - 1] ?? 0) : 0;
    const trouble: Trouble = {
      code: failure.code,
      message: failure.message,
      ...(failure.hint === undefined ? {} : { hint: failure.hint }),
      at: now,
      attempts,
      notBefore: Math.max(failure.notBefore ?? 0, now + pause),
      exit: failure.exit,
    };
    await world.store.write(key, { ...stored.value, trouble }, stored.revision);
  } catch (error) {
    world.log.error('trouble not written down', { message: reasonOf(error) });
  }
}
