// The Store port on Keyv. Keyv has no compare-and-set: here each document has a revision, and
// comparing and writing happen under a lock of its key. By default Keyv also reports an outage as
// "absent"; `throwOnErrors` changes that.
import { join } from 'node:path';
import type { Keyv } from 'keyv';
import type { Clock } from '../base/clock.ts';
import { AppError, reasonOf } from '../base/errors.ts';
import { newerState } from '../base/newer-state.ts';
import { OwnFolder } from '../files/own-folder.ts';
import type { Lease, Store, Stored } from '../ports/store.ts';
import { KeyvFile, corrupt } from './keyv-file.ts';
import { acquireLease, type LeaseFolder } from './lease.ts';
import { createMutex } from './mutex.ts';
import { judgeState } from './state-folder.ts';

const SCHEMA = 1;
/** Seconds; a write takes milliseconds. */
const WRITE_LOCK_TTL = 60;
const WRITE_LOCK_PATIENCE = 10;

export interface StoreOptions {
  /**
   * The state directory. Documents are in `documents/`, leases in `leases/`, locks of single writes
   * in `locks/`.
   */
  readonly directory: string;
  readonly clock: Clock;
  /** Another Keyv than the one on files. Leases and locks stay files: they protect one machine. */
  readonly keyv?: Keyv;
  /**
   * Documents that are written under their own lease: a process that holds it writes without a
   * lock, and any other one takes the lease for the write.
   */
  readonly isLeased?: (key: string) => boolean;
  /** Why a value cannot be the document of this key; without this function any value can. */
  readonly faultOf?: (key: string, value: unknown) => string | undefined;
}

interface Envelope {
  readonly schema: number;
  readonly revision: number;
  readonly value: unknown;
}

export function createStore(options: StoreOptions): Store {
  const { directory, clock, keyv, faultOf, isLeased = () => false } = options;
  const files = new KeyvFile(join(directory, 'documents'));
  const leases: LeaseFolder = { own: new OwnFolder(join(directory, 'leases')), clock };
  const locks: LeaseFolder = { own: new OwnFolder(join(directory, 'locks')), clock };
  const exclusively = createMutex();
  /** The leases of this process. */
  const held = new Map<string, Lease>();
  const written = new Written(keyv === undefined ? files : undefined);
  let opened: Promise<Keyv> | undefined;
  let judged: Promise<void> | undefined;
  const judge = (): Promise<void> => (judged ??= judgeState(directory));
  const open = async (): Promise<Keyv> => {
    await judge();
    return (opened ??= openKeyv(files, keyv));
  };
  const placeOf = (key: string): string =>
    keyv === undefined ? files.pathOf(key) : `the document "${key}"`;

  const read = async (key: string): Promise<Stored<unknown> | undefined> => {
    const db = await open();
    const found: unknown = await attempt(`read "${key}"`, () => db.get<unknown>(key));
    if (found === undefined || found === null) return unknownOrAbsent(found, placeOf(key));
    const { revision, value } = openEnvelope(found, placeOf(key));
    const fault = faultOf?.(key, value);
    if (fault !== undefined) throw corrupt(placeOf(key), fault);
    return { revision, value };
  };

  const compareAndSet = async (key: string, value: unknown, expected: number): Promise<number> => {
    // JSON cannot express it; the document could not be read again.
    if (value === undefined) throw new AppError('BUG', `nothing to write to "${key}"`);
    const revision = written.revisionOf(key) ?? (await read(key))?.revision ?? 0;
    if (revision !== expected) throw conflict(key, expected, revision);
    const db = await open();
    const envelope: Envelope = { schema: SCHEMA, revision: expected + 1, value };
    const done = await attempt(`write "${key}"`, () => db.set(key, envelope));
    if (!done) throw new AppError('STORE_FAILED', `the store did not keep "${key}"`);
    written.keep(key, envelope.revision);
    return envelope.revision;
  };

  return {
    // The caller names the type of its own documents, and checks their meaning.
    read: async <T>(key: string) => (await read(key)) as Stored<T> | undefined,
    write: (key, value, expected) =>
      exclusively(key, async () => {
        await judge();
        if (held.has(key) && isLeased(key)) return compareAndSet(key, value, expected);
        const lock = await lockForWrite(isLeased(key) ? leases : locks, key);
        try {
          return await compareAndSet(key, value, expected);
        } finally {
          await lock.release();
        }
      }),
    keys: async (prefix) => {
      await judge();
      if (keyv === undefined) return files.keys(prefix);
      return attempt('list the documents', () => keysOf(keyv, prefix));
    },
    ...(keyv === undefined
      ? {
          pathOf: (key: string) => files.pathOf(key),
          roll: async () => {
            await judge();
            return files.roll();
          },
        }
      : {}),
    setAside: async (key) => {
      if (keyv === undefined) return files.setAside(key);
      await attempt(`remove "${key}"`, () => keyv.delete(key));
    },
    remove: async (key) => {
      if (keyv === undefined) await files.delete(key);
      else await attempt(`remove "${key}"`, () => keyv.delete(key));
    },
    acquire: async (key, holder, ttl) => {
      await judge();
      const lease = await acquireLease(leases, key, holder, ttl);
      if (lease === undefined) return undefined;
      held.set(key, lease);
      const release = (): Promise<void> => {
        if (held.get(key) === lease) held.delete(key);
        return lease.release();
      };
      return { key, release };
    },
  };
}

/** What this process has written: while a document is still that one, its revision is known. */
class Written {
  readonly #files: KeyvFile | undefined;
  readonly #known = new Map<string, { readonly stamp: string; readonly revision: number }>();

  constructor(files: KeyvFile | undefined) {
    this.#files = files;
  }

  keep(key: string, revision: number): void {
    const stamp = this.#files?.stampOf(key);
    if (stamp !== undefined) this.#known.set(key, { stamp, revision });
  }

  revisionOf(key: string): number | undefined {
    const known = this.#known.get(key);
    return known !== undefined && known.stamp === this.#files?.stampOf(key)
      ? known.revision
      : undefined;
  }
}

async function openKeyv(files: KeyvFile, other: Keyv | undefined): Promise<Keyv> {
  if (other !== undefined) {
    other.throwOnErrors = true;
    return other;
  }
  // Imported here and not at the top: `holger check` needs no store and should not load one.
  const { Keyv } = await import('keyv');
  return new Keyv({
    store: files,
    throwOnErrors: true,
    useKeyPrefix: false,
    serialize: (data) => `${JSON.stringify(data, null, 1)}\n`,
  });
}

async function lockForWrite(locks: LeaseFolder, key: string) {
  for (let waited = 0; waited < WRITE_LOCK_PATIENCE; waited += 0.02) {
    const lock = await acquireLease(locks, key, 'write', WRITE_LOCK_TTL);
    if (lock !== undefined) return lock;
    await locks.clock.sleep(0.02);
  }
  throw new AppError('LOCKED', `another process has been writing "${key}" for too long`, {
    hint: 'check for a holger process that hangs',
  });
}

function openEnvelope(found: unknown, place: string): Envelope {
  const { schema, revision, value } = found as Partial<Envelope>;
  if (typeof schema !== 'number') throw corrupt(place, 'it has no schema number');
  if (schema > SCHEMA) {
    throw newerState(place, `schema ${schema}`);
  }
  if (!Number.isSafeInteger(revision) || (revision ?? 0) < 1 || value === undefined) {
    throw corrupt(place, 'revision or value is missing');
  }
  return { schema, revision: revision ?? 0, value };
}

/**
 * Keyv returns undefined for a missing key; null would be a document without content, which is
 * never written.
 */
function unknownOrAbsent(found: null | undefined, place: string): undefined {
  if (found === null) throw corrupt(place, 'it is empty');
  return undefined;
}

async function keysOf(keyv: Keyv, prefix: string): Promise<string[]> {
  if (keyv.iterator === undefined) throw new Error('this Keyv adapter cannot list its keys');
  const keys: string[] = [];
  for await (const [key] of keyv.iterator(undefined)) {
    if (typeof key === 'string' && key.startsWith(prefix)) keys.push(key);
  }
  return keys.sort();
}

async function attempt<T>(act: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('STORE_FAILED', `cannot ${act}: ${reasonOf(error)}`, { cause: error });
  }
}

function conflict(key: string, expected: number, found: number): AppError {
  return new AppError('REVISION_CONFLICT', `"${key}" was changed by another process`, {
    hint: 'run again',
    details: { key, expected, found },
  });
}
