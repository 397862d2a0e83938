// State documents with compare-and-set, and leases. Private keys and chains are files, see
// GenerationFiles.
import type { Instant, Seconds } from '../base/clock.ts';

export interface Stored<T> {
  readonly value: T;
  /** Changes with every write. */
  readonly revision: number;
}

export interface Lease {
  readonly key: string;
  /** Gives the lease back; safe to call twice. */
  release(): Promise<void>;
}

export interface Store {
  /** @throws AppError STORE_FAILED, STORE_CORRUPT; absence is undefined, never an error */
  read<T>(key: string): Promise<Stored<T> | undefined>;
  /**
   * Writes durably (on disk before it returns) when the stored revision is still `expected` (0:
   * must not exist).
   * @returns the new revision
   * @throws AppError REVISION_CONFLICT, STORE_FAILED
   */
  write(key: string, value: unknown, expected: number): Promise<number>;
  keys(prefix: string): Promise<readonly string[]>;
  /** The file of a document, which every write replaces. Absent: documents are not files. */
  pathOf?(key: string): string;
  /**
   * A short text that differs as soon as a document is added or removed; what is in them does not
   * count. Absent: that takes as long as reading them.
   */
  roll?(): Promise<string>;
  /** Sets a document aside that cannot be read (STORE_CORRUPT); it is kept for inspection. */
  setAside(key: string): Promise<void>;
  /** Does nothing where there is none. */
  remove(key: string): Promise<void>;
  /** Undefined when a live process holds it. A lease of a dead process is taken over. */
  acquire(key: string, holder: string, ttl: Seconds): Promise<Lease | undefined>;
}

/** What a generation folder holds; all of it PEM text. */
export interface GenerationPems {
  /** Absent: it is elsewhere, and the certificate was ordered with a request of the operator. */
  readonly privkey?: string;
  readonly cert: string;
  readonly chain: string;
  readonly fullchain: string;
}

/**
 * What is never to happen to a generation again: a revoked chain is not deployed, a compromised key
 * not used.
 */
export type Mark = 'revoked' | 'compromised';

/**
 * `<state>/certificates/<name>/<generation>/`: written once, 0600 in 0700, fsynced, never
 * overwritten.
 */
export interface GenerationFiles {
  /**
   * Writes the private key of a new generation, or the request for a key that is elsewhere. @throws
   * AppError STORE_FAILED; an existing one is never replaced
   */
  writeKey(certificate: string, generation: number, privkeyPem: string): Promise<void>;
  readKey(certificate: string, generation: number): Promise<string | undefined>;
  /**
   * Writes cert, chain, fullchain and, if the key is here, combined from the CA's PEM chain.
   * Idempotent for identical content.
   */
  writeChain(certificate: string, generation: number, chainPem: string): Promise<void>;
  readChain(certificate: string, generation: number): Promise<string | undefined>;
  /**
   * Beside key and chain, so that it is known although the documents are lost. The first time
   * stays.
   */
  mark(certificate: string, generation: number, mark: Mark, at: Instant): Promise<void>;
  /** Since when; a mark that cannot be read counts, since 0. */
  markedAt(certificate: string, generation: number, mark: Mark): Promise<Instant | undefined>;
  /** Those that have a folder, in order. */
  numbers(certificate: string): Promise<readonly number[]>;
  /** Which generation the `live` link names now. */
  live(certificate: string): Promise<number | undefined>;
  /** Swaps the `live` link by rename. */
  setLive(certificate: string, generation: number): Promise<void>;
  /**
   * Moves all generations of a certificate out of the way, into `<state>/archive/<label>`, and says
   * where they are then; undefined when there never were any. Idempotent.
   */
  archive(certificate: string, label: string): Promise<string | undefined>;
  /**
   * All generations of a certificate, under another name. `live` under the old name continues to
   * lead to them, without a gap, and nothing can be written there any more. Idempotent.
   */
  rename(from: string, to: string): Promise<void>;
  /** Of a name that a certificate had before: `live` of its present name. */
  renamedTo(certificate: string): Promise<string | undefined>;
  /** Path of the folder, for deploy targets. */
  folder(certificate: string, generation: number | 'live'): string;
}

export interface StoredAccount {
  /** PKCS#8. */
  readonly keyPem: string;
  /** Of a key change that is not over: the CA has this key, or still the one above. */
  readonly nextKeyPem?: string;
  /** Undefined until the CA has answered; the key is on disk before it is asked. */
  readonly url?: string;
  /**
   * The e-mail address that was last sent to the CA; empty: none. Undefined if it was not stored.
   */
  readonly contact?: string;
}

/**
 * Where ACME accounts live: one folder per directory URL, 0600 in 0700; every write is durable
 * before it returns.
 */
export interface AccountFiles {
  read(directory: string): Promise<StoredAccount | undefined>;
  /** An existing key is never replaced: another one is an error. */
  writeKey(directory: string, keyPem: string): Promise<void>;
  writeNextKey(directory: string, keyPem: string): Promise<void>;
  /** The next key becomes the key, at one blow. */
  takeNextKey(directory: string): Promise<void>;
  /** Another URL than before makes that a former one. */
  writeUrl(directory: string, url: string): Promise<void>;
  writeContact(directory: string, email: string): Promise<void>;
}
