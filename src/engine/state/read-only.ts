// A dry run observes and stores nothing.
import { defined } from '../../base/defined.ts';
import { AppError } from '../../base/errors.ts';
import type { GenerationFiles, Store } from '../../ports/store.ts';
import type { World } from '../world.ts';

export function dry(world: World): World {
  return { ...world, store: readOnly(world), files: readOnlyFiles(world.files) };
}

function readOnly({ store, log }: Pick<World, 'store' | 'log'>): Store {
  return {
    // A document that a run would set aside counts as absent; one damaged document must not hide
    // all the others.
    read: async (key) => {
      try {
        return await store.read(key);
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'STORE_CORRUPT') throw error;
        log.warn('damaged document not used', { key, detail: error.message });
        return undefined;
      }
    },
    keys: (prefix) => store.keys(prefix),
    ...defined({ pathOf: store.pathOf, roll: store.roll }),
    acquire: (key, holder, ttl) => store.acquire(key, holder, ttl),
    setAside: () => Promise.resolve(),
    remove: () => Promise.resolve(),
    write: (_key, _value, expected) => Promise.resolve(expected + 1),
  };
}

function readOnlyFiles(files: GenerationFiles): GenerationFiles {
  const nothing = (): Promise<void> => Promise.resolve();
  return {
    readKey: (name, number) => files.readKey(name, number),
    readChain: (name, number) => files.readChain(name, number),
    live: (name) => files.live(name),
    numbers: (name) => files.numbers(name),
    folder: (name, number) => files.folder(name, number),
    renamedTo: (name) => files.renamedTo(name),
    markedAt: (name, number, mark) => files.markedAt(name, number, mark),
    mark: nothing,
    writeKey: nothing,
    writeChain: nothing,
    setLive: nothing,
    rename: nothing,
    archive: () => Promise.resolve(undefined),
  };
}
