// The ports of the engine, where a test needs only a part of them.
import { silentLogger } from '../../src/base/log.ts';
import type { Task, World } from '../../src/engine/world.ts';
import type { Intent } from '../../src/rollover/model.ts';
import { intent } from '../rollover/world.ts';
import { Storage } from '../sim/storage.ts';
import { NOW } from './ca.ts';

type Given = Partial<Record<keyof World, unknown>> & {
  /** The only one. */
  readonly issuer?: unknown;
};

/**
 * The clock does not move, and the store is empty and belongs to this test alone, unless the test
 * gives others. What it does not give, and what has no such default, must not be used.
 */
export function fakeWorld({ issuer, ...given }: Given = {}): World {
  const storage = new Storage();
  const world = {
    clock: { now: () => NOW },
    random: () => 0.5,
    store: storage.store(() => undefined),
    files: storage.files(() => undefined),
    log: silentLogger,
    emit: () => undefined,
    instant: () => undefined,
    issuerAt: () => issuer,
    ...given,
  };
  return world as unknown as World;
}

export function fakeTask(wanted: Intent = intent(), given: Partial<Task> = {}): Task {
  return { intent: wanted, neighbours: [], reach: {}, targets: [], ...given };
}
