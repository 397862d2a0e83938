// The state directory, in memory. It outlives a process; what a process has read of it does not.
import { AppError } from '../../src/base/errors.ts';
import type { GenerationFiles, Lease, Store, Stored } from '../../src/ports/store.ts';

interface Written {
  readonly text: string;
  readonly revision: number;
  /** The parsed text, once it was read. Documents are never changed, only replaced. */
  value?: unknown;
}

function valueOf<T>(written: Written): T {
  written.value ??= JSON.parse(written.text);
  return written.value as T;
}

export class Storage {
  readonly #documents = new Map<string, Written>();
  readonly #files = new Map<string, string>();
  readonly #live = new Map<string, number>();
  readonly #renamed = new Map<string, string>();
  readonly #leases = new Map<string, () => void>();
  whenWritten: (key: string) => void = () => undefined;

  document<T>(key: string): T | undefined {
    const found = this.#documents.get(key);
    if (found === undefined || found.text === '') return undefined;
    return valueOf<T>(found);
  }

  /** The certificate that has this private key. */
  ownerOfKey(key: string): string | undefined {
    const found = [...this.#files].find(([path, text]) => path.endsWith('/key') && text === key);
    return found?.[0].split('/')[0];
  }

  /** Nothing can be written. */
  full = false;

  /** The documents are gone; keys and certificates are not. */
  loseDocuments(): void {
    this.#documents.clear();
  }

  /** Half of each document is left. */
  truncateDocuments(): void {
    for (const [key, { revision }] of this.#documents) {
      this.#documents.set(key, { text: '', revision });
    }
  }

  /** Another program writes documents; what was there can be restored. */
  rewrite<T>(prefix: string, change: (document: T) => T): () => void {
    const before = new Map(this.#documents);
    for (const [key, { text, revision }] of before) {
      if (!key.startsWith(prefix)) continue;
      const changed = JSON.stringify(change(JSON.parse(text) as T));
      this.#documents.set(key, { text: changed, revision: revision + 1 });
    }
    return () => {
      for (const [key, document] of before) this.#documents.set(key, document);
    };
  }

  /** Every document as it is. */
  get written(): ReadonlyMap<string, string> {
    return new Map([...this.#documents].map(([key, { text }]) => [key, text]));
  }

  /** A process that ended has no lease. */
  #acquire(key: string, alive: () => void): Lease | undefined {
    const holder = this.#leases.get(key);
    if (holder !== undefined && lives(holder)) return undefined;
    this.#leases.set(key, alive);
    return {
      key,
      release: () => {
        if (this.#leases.get(key) === alive) this.#leases.delete(key);
        return Promise.resolve();
      },
    };
  }

  store(alive: () => void): Store {
    return {
      read: async <T>(key: string): Promise<Stored<T> | undefined> => {
        alive();
        const found = this.#documents.get(key);
        if (found === undefined) return Promise.resolve(undefined);
        if (found.text === '') throw new AppError('STORE_CORRUPT', `${key} cannot be read`);
        return Promise.resolve({ value: valueOf<T>(found), revision: found.revision });
      },
      write: async (key, value, expected) => {
        alive();
        const revision = this.#documents.get(key)?.revision ?? 0;
        if (this.full) throw new AppError('STORE_FAILED', `cannot write ${key}: the disk is full`);
        if (revision !== expected) throw new AppError('REVISION_CONFLICT', key);
        this.#documents.set(key, { text: JSON.stringify(value), revision: revision + 1 });
        this.whenWritten(key);
        return Promise.resolve(revision + 1);
      },
      keys: (prefix) => {
        alive();
        return Promise.resolve([...this.#documents.keys()].filter((key) => key.startsWith(prefix)));
      },
      setAside: (key) => {
        alive();
        this.#documents.delete(key);
        return Promise.resolve();
      },
      remove: (key) => {
        alive();
        this.#documents.delete(key);
        return Promise.resolve();
      },
      acquire: (key) => {
        alive();
        return Promise.resolve(this.#acquire(key, alive));
      },
    };
  }

  files(alive: () => void): GenerationFiles {
    const put = async (name: string, text: string): Promise<void> => {
      alive();
      const before = this.#files.get(name);
      if (before !== undefined && before !== text) throw new AppError('STORE_FAILED', name);
      this.#files.set(name, text);
      return Promise.resolve();
    };
    const get = (name: string): Promise<string | undefined> => {
      alive();
      return Promise.resolve(this.#files.get(name));
    };
    return {
      writeKey: (name, number, pem) => put(`${name}/${number}/key`, pem),
      readKey: (name, number) => get(`${name}/${number}/key`),
      writeChain: (name, number, pem) => put(`${name}/${number}/chain`, pem),
      readChain: (name, number) => get(`${name}/${number}/chain`),
      mark: async (name, number, mark, at) => {
        const path = `${name}/${number}/${mark}`;
        if ((await get(path)) === undefined) await put(path, String(at));
      },
      markedAt: async (name, number, mark) => {
        const text = await get(`${name}/${number}/${mark}`);
        return text === undefined ? undefined : Number(text);
      },
      numbers: (name) => {
        alive();
        const paths = [...this.#files.keys()].map((path) => path.split('/'));
        const own = paths.filter(([of]) => of === name).map(([, number]) => Number(number));
        return Promise.resolve([...new Set(own)].sort((a, b) => a - b));
      },
      live: (name) => {
        alive();
        return Promise.resolve(this.#live.get(name));
      },
      setLive: (name, number) => {
        alive();
        this.#live.set(name, number);
        return Promise.resolve();
      },
      rename: (from, to) => {
        alive();
        for (const [path, text] of [...this.#files]) {
          if (!path.startsWith(`${from}/`)) continue;
          this.#files.set(`${to}${path.slice(from.length)}`, text);
          this.#files.delete(path);
        }
        const live = this.#live.get(from);
        if (live === undefined) return Promise.resolve();
        this.#live.set(to, live);
        this.#live.delete(from);
        this.#renamed.set(from, to);
        return Promise.resolve();
      },
      renamedTo: (name) => {
        alive();
        const to = this.#renamed.get(name);
        return Promise.resolve(to === undefined ? undefined : `/sim/${to}/live`);
      },
      archive: (name, label) => {
        alive();
        const paths = [...this.#files.keys()].filter((path) => path.startsWith(`${name}/`));
        for (const path of paths) {
          this.#files.set(
            `archive/${label}${path.slice(name.length)}`,
            this.#files.get(path) ?? '',
          );
          this.#files.delete(path);
        }
        this.#live.delete(name);
        const there = [...this.#files.keys()].some((path) => path.startsWith(`archive/${label}/`));
        return Promise.resolve(there ? `/sim/archive/${label}` : undefined);
      },
      folder: (name, number) => `/sim/${name}/${number}`,
    };
  }
}

function lives(alive: () => void): boolean {
  try {
    alive();
    return true;
  } catch {
    return false;
  }
}
