// Reads state documents: a damaged one is set aside; one of a newer version is left alone and ends
// the run.
import { AppError } from '../../base/errors.ts';
import { newerState } from '../../base/newer-state.ts';
import type { Stored } from '../../ports/store.ts';
import { GENERATION_STATES } from '../../rollover/model.ts';
import type { World } from '../world.ts';

/** Of all documents that the engine writes. */
const SCHEMA = 1;

/** @throws AppError STORE_NEWER: this version would misread such a document and overwrite it */
export async function readDocument<T>(
  key: string,
  world: Pick<World, 'store'>,
): Promise<Stored<T> | undefined> {
  const stored = await world.store.read<T>(key);
  if (stored !== undefined) refuseNewer(key, stored.value);
  return stored;
}

/** A damaged document counts as lost; its content is rebuilt (rebuild.ts). */
export async function readOrSetAside<T>(
  key: string,
  world: Pick<World, 'store' | 'log'>,
): Promise<Stored<T> | undefined> {
  try {
    return await readDocument<T>(key, world);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'STORE_CORRUPT') throw error;
    world.log.warn('damaged document set aside', { key, detail: error.message });
    await world.store.setAside(key);
    return undefined;
  }
}

/** Of certificates that write one document at the same time, each loses once to every other. */
const MOST_CONFLICTS = 32;

/**
 * A document that belongs to no certificate alone: if another one was faster, its content is read
 * again. `change` returns undefined if there is nothing to write. `known`: it need not be read
 * first. @returns what is stored then; revision 0: nothing
 */
export async function rewrite<T>(
  key: string,
  world: Pick<World, 'store' | 'log'>,
  change: (known: T | undefined) => T | undefined | Promise<T | undefined>,
  known?: Stored<T | undefined>,
): Promise<Stored<T | undefined>> {
  for (let conflicts = 0; ; conflicts += 1) {
    const read = conflicts === 0 ? known : undefined;
    const stored = read ?? (await readOrSetAside<T>(key, world));
    const value = await change(stored?.value);
    if (value === undefined) return stored ?? { value: undefined, revision: 0 };
    try {
      return { value, revision: await world.store.write(key, value, stored?.revision ?? 0) };
    } catch (error) {
      const isConflict = error instanceof AppError && error.code === 'REVISION_CONFLICT';
      if (!isConflict || conflicts === MOST_CONFLICTS) throw error;
    }
  }
}

function refuseNewer(key: string, document: unknown): void {
  const { schema, generations = [] } = document as {
    readonly schema?: number;
    readonly generations?: readonly { readonly number: number; readonly state: string }[];
  };
  const place = `the document "${key}"`;
  if (schema !== undefined && schema > SCHEMA) throw newerState(place, `schema ${schema}`);
  const known: readonly string[] = GENERATION_STATES;
  const strange = generations.find(({ state }) => !known.includes(state));
  if (strange === undefined) return;
  throw newerState(place, `generation ${strange.number} is in the state "${strange.state}"`);
}
