// Certificates at which a hook of another program asks holger to look: it has renewed, and the next
// run reads its files, although the certificate is idle. What the files are, only they say.
import type { Clock, Instant } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import type { Store } from '../../ports/store.ts';
import type { Task, World } from '../world.ts';

export const ASKED = 'asked/';

interface Asked {
  readonly at: Instant;
  /** The program that asked. */
  readonly by: string;
}

/** Of hooks that end at the same time. */
const TRIES = 10;

export const askedKey = (certificate: string): string => `${ASKED}${certificate}`;

export async function ask(
  certificate: string,
  by: string,
  { store, clock }: { readonly store: Store; readonly clock: Clock },
): Promise<void> {
  const key = askedKey(certificate);
  for (let left = TRIES; ; left -= 1) {
    const revision = (await store.read<Asked>(key))?.revision ?? 0;
    try {
      const asked: Asked = { at: clock.now(), by };
      await store.write(key, asked, revision);
      return;
    } catch (error) {
      const isOvertaken = error instanceof AppError && error.code === 'REVISION_CONFLICT';
      if (!isOvertaken || left === 0) throw error;
    }
  }
}

/** Undefined: no hook has asked. Each time that one asks, it is another number. */
export async function askedAt({ intent, source }: Task, world: World): Promise<number | undefined> {
  if (source === undefined) return undefined;
  try {
    return (await world.store.read<Asked>(askedKey(intent.name)))?.revision;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'STORE_CORRUPT') throw error;
    // Someone has asked, at least.
    await world.store.setAside(askedKey(intent.name));
    return -1;
  }
}

/** What was asked before the look is answered; what was asked since is for the next one. */
export async function answer(task: Task, asked: number | undefined, world: World): Promise<void> {
  if (asked === undefined || (await askedAt(task, world)) !== asked) return;
  await world.store.remove(askedKey(task.intent.name));
}
