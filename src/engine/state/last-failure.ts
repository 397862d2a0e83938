// The last failure of a certificate, stored: `status` shows it, and later runs do not try too
// often.
import { formatInstant } from '../../base/clock.ts';
import { AppError, reasonOf } from '../../base/errors.ts';
import { newLineage } from '../../rollover/model.ts';
import type { Lineage, LastFailure } from '../../rollover/model.ts';
import { readOrSetAside } from './documents.ts';
import { LONGEST_PAUSE, pauseEnds } from '../../rollover/backoff.ts';
import { lineageKey } from './memory.ts';
import type { Task, World } from '../world.ts';

/**
 * A provider that named a time for the next request is not asked before, even after restarts. A
 * time named by a CA delays only orders.
 */
export async function refuseWhilePaused(task: Task, world: World): Promise<void> {
  const stored = await readOrSetAside<Lineage>(lineageKey(task.intent.name), world);
  const last = stored?.value.trouble;
  if (stored === undefined || last === undefined || last.code.startsWith('ACME_')) return;
  const end = pauseEnds(last, stored.value, world.clock.now());
  if (end === undefined) return;
  const next = `the next attempt is after ${formatInstant(end)}`;
  throw new AppError(last.code, last.message, {
    hint: last.hint === undefined ? next : `${last.hint}; ${next}`,
    notBefore: end,
    details: { remembered: true, notBefore: end },
  });
}

/**
 * The answer to a command that cannot be carried out: the operator has read it, and it does not
 * concern the certificate.
 */
const ANSWERS: ReadonlySet<string> = new Set([
  'USAGE',
  'BLOCKED',
  'INPUT_INVALID',
  'CONFIG_INVALID',
]);

export async function recordFailure(task: Task, failure: AppError, world: World): Promise<void> {
  if (task.operation !== undefined && ANSWERS.has(failure.code)) return;
  try {
    const key = lineageKey(task.intent.name);
    const stored = await readOrSetAside<Lineage>(key, world);
    // The first run of a certificate may fail before anything else of it is stored.
    const { value, revision } = stored ?? { value: newLineage(task.intent.name), revision: 0 };
    const now = world.clock.now();
    const before = value.trouble;
    const attempts = before?.code === failure.code ? before.attempts + 1 : 1;
    const last: LastFailure = {
      code: failure.code,
      message: failure.message,
      ...(failure.hint === undefined ? {} : { hint: failure.hint }),
      at: now,
      attempts,
      notBefore: Math.min(failure.notBefore ?? now, now + LONGEST_PAUSE),
      exit: failure.exit,
    };
    await world.store.write(key, { ...value, trouble: last }, revision);
  } catch (error) {
    world.log.error('failure not stored', { message: reasonOf(error) });
  }
}
