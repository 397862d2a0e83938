// A storage adapter for Keyv: one JSON file per key, replaced atomically and on disk before `set` returns.
//
// The file adapters on npm write in place, without fsync, and take a half-written file for an empty store: the program would then
// believe that it has no certificates and no published records. Here a file that cannot be read is an error, never an absence.
import { readdir, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyvStoreAdapter } from 'keyv';
import { AppError, reasonOf } from '../base/errors.ts';
import { errnoOf, fileFailure } from '../files/failure.ts';
import { makeFolder, syncFolder } from '../files/folders.ts';
import { readFileIfAny, writeFileDurably } from '../files/write.ts';
import { fileNameOf, keyOf } from './keys.ts';

export class KeyvFile implements KeyvStoreAdapter {
  /** Keyv reads both fields when it looks for adapters that it may iterate. */
  readonly opts: { readonly dialect: string; readonly url: string };
  namespace: string | undefined;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.opts = { dialect: 'file', url: folder };
  }

  pathOf(key: string): string {
    return join(this.#folder, `${fileNameOf(key)}.json`);
  }

  /** Keyv hands out what was parsed here as it is; its own parser would not know the file's name. */
  async get<Value>(key: string): Promise<Value | undefined> {
    const path = this.pathOf(key);
    const text = await readFileIfAny(path);
    if (text === undefined) return undefined;
    try {
      const parsed = JSON.parse(text) as { readonly value?: unknown } | null;
      if (parsed?.value === undefined) throw new Error('it has no value');
      // The value alone: Keyv would take a document without one for absent, and delete one that carries a time of expiry.
      return { value: parsed.value } as Value;
    } catch (error) {
      throw corrupt(path, reasonOf(error));
    }
  }

  async set(key: string, text: string): Promise<boolean> {
    await makeFolder(this.#folder);
    await writeFileDurably(this.pathOf(key), text);
    return true;
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

  /** Under a name that is no key's. */
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

  /** Names only: one unreadable document must not hide the others. */
  async keys(prefix = ''): Promise<string[]> {
    let names: string[];
    try {
      names = await readdir(this.#folder);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return [];
      throw fileFailure('STORE_FAILED', 'list', this.#folder, error);
    }
    return names
      .filter((name) => name.endsWith('.json'))
      .map((name) => keyOf(name.slice(0, -'.json'.length)))
      .filter((key) => key !== undefined && key.startsWith(prefix))
      .sort() as string[];
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

export function corrupt(where: string, reason: string): AppError {
  return new AppError('STORE_CORRUPT', `the state in ${where} cannot be read: ${reason}`, {
    hint: 'restore it from a backup, or move it away and use `holger adopt`; nothing was changed',
    details: { path: where },
  });
}
