// A folder in which only holger writes, and which has as many files as there are certificates.
// Other folders are listed before every write; here that would take longer than the write itself,
// so this one is listed once, and what killed processes had left there is known from then on.
import { readdir } from 'node:fs/promises';
import { AppError } from '../base/errors.ts';
import type { FileErrorCode } from './failure.ts';
import { makeFolder } from './folders.ts';

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

  async #list(): Promise<string[]> {
    const names = await readdir(this.path).catch(() => []);
    return names.filter((name) => LEFT.test(name));
  }
}
