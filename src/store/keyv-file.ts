// A storage adapter for Keyv: one JSON file per key, replaced atomically and on disk before `set`
// returns.
//
// The file adapters on npm write in place, without fsync, and treat a half-written file as an empty
// store: the program would then believe that it has no certificates and no published records. Here
// a file that cannot be read is an error, never an absence.
import { createHash } from 'node:crypto';
import { readdir, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyvStoreAdapter } from 'keyv';
import { AppError, reasonOf } from '../base/errors.ts';
import { errnoOf, fileFailure } from '../files/failure.ts';
import { syncFolder } from '../files/folders.ts';
import { KnownFiles, stampOf } from '../files/known-files.ts';
import { OwnFolder } from '../files/own-folder.ts';
import { readFileIfAny, writeFileDurably } from '../files/write.ts';
import { fileNameOf, isShortened, keyOf } from './keys.ts';

/** So that `.json`, and the suffix of a temporary name or `.damaged`, fits as well. */
const LONGEST_NAME = 221;

export class KeyvFile implements KeyvStoreAdapter {
  /** Keyv reads both fields when it checks which adapters it may iterate. */
  readonly opts: { readonly dialect: string; readonly url: string };
  namespace: string | undefined;
  readonly #folder: string;
  readonly #own: OwnFolder;
  readonly #files = new KnownFiles();

  constructor(folder: string) {
    this.#folder = folder;
    this.#own = new OwnFolder(folder);
    this.opts = { dialect: 'file', url: folder };
  }

  pathOf(key: string): string {
    return join(this.#folder, `${fileNameOf(key, LONGEST_NAME)}.json`);
  }

  /** Keyv returns what was parsed here unchanged; its own parser would not know the file's name. */
  async get<Value>(key: string): Promise<Value | undefined> {
    const path = this.pathOf(key);
    const text = await this.#files.read(path);
    if (text === undefined) return undefined;
    try {
      const parsed = JSON.parse(text) as { readonly value?: unknown } | null;
      if (parsed?.value === undefined) throw new Error('it has no value');
      // The value alone: Keyv would treat a document without one as absent, and delete one that has
      // an expiry time.
      return { value: parsed.value } as Value;
    } catch (error) {
      throw corrupt(path, reasonOf(error));
    }
  }

  async set(key: string, text: string): Promise<boolean> {
    const own = this.#own;
    const content = isLong(key) ? withKey(key, text) : text;
    await own.writing(() => writeFileDurably(this.pathOf(key), content, { own }));
    return true;
  }

  /** The same only while no other file has taken its place; undefined: there is none. */
  stampOf(key: string): string | undefined {
    return stampOf(this.pathOf(key));
  }

  async has(key: string): Promise<boolean> {
    const path = this.pathOf(key);
    try {
      return (await stat(path)).isFile();
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return false;
      throw fileFailure('STORE_FAILED', 'read', path, error);
    }
  }

  async delete(key: string): Promise<boolean> {
    const path = this.pathOf(key);
    try {
      await unlink(path);
      await syncFolder(this.#folder);
      return true;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return false;
      throw fileFailure('STORE_FAILED', 'remove', path, error);
    }
  }

  /** Under a name that belongs to no key. */
  async setAside(key: string): Promise<void> {
    const path = this.pathOf(key);
    try {
      await rename(path, `${path}.damaged`);
      await syncFolder(this.#folder);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw fileFailure('STORE_FAILED', 'move', path, error);
    }
  }

  async clear(): Promise<void> {
    for (const key of await this.keys()) await this.delete(key);
  }

  /** A digest of the names in the folder. */
  async roll(): Promise<string> {
    const names = await this.#names();
    return createHash('sha256').update(names.sort().join('\0')).digest('base64');
  }

  /** Names only: one unreadable document must not hide the others. */
  async keys(prefix = ''): Promise<string[]> {
    const begin = fileNameOf(prefix);
    const documents = (await this.#names())
      .filter((name) => name.endsWith('.json') && (name.startsWith(begin) || isShortened(name)))
      .map((name) => name.slice(0, -'.json'.length));
    const plain = documents.map(keyOf);
    const long = await Promise.all(documents.filter(isShortened).map((it) => this.#keyWithin(it)));
    return [...plain, ...long]
      .filter((key) => key !== undefined && key.startsWith(prefix))
      .sort() as string[];
  }

  async #names(): Promise<string[]> {
    try {
      return await readdir(this.#folder);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return [];
      throw fileFailure('STORE_FAILED', 'list', this.#folder, error);
    }
  }

  /**
   * The key of a document whose file name does not show it; undefined if the document cannot be
   * read.
   */
  async #keyWithin(fileName: string): Promise<string | undefined> {
    try {
      const text = await readFileIfAny(join(this.#folder, `${fileName}.json`));
      const { key } = JSON.parse(text ?? 'null') as { readonly key?: unknown };
      const fits = typeof key === 'string' && fileNameOf(key, LONGEST_NAME) === fileName;
      return fits ? key : undefined;
    } catch {
      return undefined;
    }
  }

  async *iterator<Value>(namespace?: string): AsyncGenerator<[string, Awaited<Value>], void> {
    const prefix = namespace === undefined ? '' : `${namespace}:`;
    for (const key of await this.keys(prefix)) {
      const value = await this.get<Awaited<Value>>(key);
      if (value !== undefined) yield [key, value];
    }
  }

  /** No events: every failure is thrown. */
  on(): this {
    return this;
  }
}

function isLong(key: string): boolean {
  return isShortened(fileNameOf(key, LONGEST_NAME));
}

function withKey(key: string, text: string): string {
  return `${JSON.stringify({ key, ...(JSON.parse(text) as object) }, null, 1)}\n`;
}

export function corrupt(where: string, reason: string): AppError {
  return new AppError('STORE_CORRUPT', `the state in ${where} cannot be read: ${reason}`, {
    hint: 'restore it from a backup, or move it away and use `holger adopt`; nothing was changed',
    details: { path: where },
  });
}
