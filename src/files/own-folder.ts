// A folder in which only holger writes, and which has as many files as there are certificates.
// Other folders are listed before every write; here that would take longer than the write itself,
// so this one is listed once, and what killed processes had left there is known from then on.
//
// Only what may wait for the disk gives way to other work; a call that the system answers from its
// memory takes a tenth of the time of a promise.
import { closeSync, fsync, openSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { AppError } from '../base/errors.ts';
import { errnoOf, type FileErrorCode } from './failure.ts';
import { CANNOT_SYNC, makeFolder } from './folders.ts';

const synced = promisify(fsync);

/** Temporary files (staged.ts), and rights to leases (store/lease.ts). */
const LEFT = /^\..*\.holger-\d+-|\.lease\./;

export class OwnFolder {
  readonly path: string;
  readonly #code: FileErrorCode;
  #left: Promise<string[]> | undefined;

  constructor(path: string, code: FileErrorCode = 'STORE_FAILED') {
    this.path = path;
    this.#code = code;
  }

  /** What may be left of killed processes and has this beginning. */
  async left(begin: string): Promise<string[]> {
    const names = await (this.#left ??= this.#list());
    return names.filter((name) => name.startsWith(begin));
  }

  /** The folder is made when it is missing. */
  async writing<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const isMissing = error instanceof AppError && error.details['errno'] === 'ENOENT';
      if (!isMissing) throw error;
      await makeFolder(this.path, 0o700, this.#code);
      return work();
    }
  }

  /** Writes a new file, 0600. `durable`: it is on disk afterwards. */
  async write(path: string, content: string | Uint8Array, durable: boolean): Promise<void> {
    const descriptor = openSync(path, 'wx', 0o600);
    try {
      writeFileSync(descriptor, content);
      if (durable) await synced(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  /** Names in it are on disk afterwards. */
  async sync(): Promise<void> {
    const descriptor = openSync(this.path, 'r');
    try {
      await synced(descriptor);
    } catch (error) {
      if (!CANNOT_SYNC.has(errnoOf(error) ?? '')) throw error;
    } finally {
      closeSync(descriptor);
    }
  }

  async #list(): Promise<string[]> {
    const names = await readdir(this.path).catch(() => []);
    return names.filter((name) => LEFT.test(name));
  }
}
