// What the tests of this folder share: an issuer at a fake CA, with the account in memory and a log
// that can be read.
import { afterEach, expect } from 'vitest';
import type { AccountFiles, StoredAccount } from '../../src/ports/store.ts';
import { createIssuer, type AcmeIssuer, type IssuerOptions } from '../../src/acme/issuer.ts';
import type { Clock } from '../../src/base/clock.ts';
import { AppError } from '../../src/base/errors.ts';
import type { Fields, Logger } from '../../src/base/log.ts';
import { startAcmeFake, type AcmeFake } from '../support/acme-fake.ts';

export const NOW = Date.parse('2026-11-21T12:00:00Z') / 1000;

export interface MemoryFiles extends AccountFiles {
  readonly steps: string[];
  account: StoredAccount | undefined;
}

export function memoryFiles(): MemoryFiles {
  const files: MemoryFiles = {
    steps: [],
    account: undefined,
    read: () => Promise.resolve(files.account),
    writeKey: (_, keyPem) => {
      files.steps.push('key');
      files.account = { keyPem };
      return Promise.resolve();
    },
    writeNextKey: (_, nextKeyPem) => {
      files.steps.push('next key');
      if (files.account) files.account = { ...files.account, nextKeyPem };
      return Promise.resolve();
    },
    takeNextKey: () => {
      files.steps.push('key taken');
      const { nextKeyPem, ...account } = files.account ?? { keyPem: '' };
      files.account = { ...account, keyPem: nextKeyPem ?? '' };
      return Promise.resolve();
    },
    writeUrl: (_, url) => {
      files.steps.push('url');
      if (files.account) files.account = { ...files.account, url };
      return Promise.resolve();
    },
    writeContact: (_, contact) => {
      if (files.account) files.account = { ...files.account, contact };
      return Promise.resolve();
    },
  };
  return files;
}

export interface World<Fake extends AcmeFake = AcmeFake> {
  readonly fake: Fake;
  readonly files: MemoryFiles;
  readonly issuer: AcmeIssuer;
  readonly lines: { readonly level: string; readonly message: string; readonly fields: Fields }[];
  /** Seconds for which the clock was asked to sleep. */
  readonly slept: number[];
  readonly time: { now: number };
  /** A second issuer with the same files: the process after a crash. */
  again(options?: Partial<IssuerOptions>): AcmeIssuer;
}

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

export async function world(options: Partial<IssuerOptions> = {}): Promise<World> {
  return worldAt(await startAcmeFake(), options);
}

export function worldAt<Fake extends AcmeFake>(
  fake: Fake,
  options: Partial<IssuerOptions> = {},
): World<Fake> {
  cleanups.push(() => fake.close());
  const files = memoryFiles();
  const lines: World['lines'] = [];
  const slept: number[] = [];
  const time = { now: NOW };
  const clock: Clock = {
    now: () => time.now,
    sleep: (seconds) => {
      slept.push(seconds);
      return Promise.resolve();
    },
  };
  const line =
    (level: string) =>
    (message: string, fields: Fields = {}): void =>
      void lines.push({ level, message, fields });
  const logger: Logger = {
    trace: line('trace'),
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
  };
  const again = (more: Partial<IssuerOptions> = {}): AcmeIssuer => {
    const { directory } = fake;
    const made = createIssuer({
      directory,
      accountFiles: files,
      clock,
      logger,
      ...options,
      ...more,
    });
    cleanups.push(() => made.close());
    return made;
  };
  return { fake, files, lines, slept, time, issuer: again(), again };
}

export async function failureOf(promise: Promise<unknown>): Promise<AppError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
}

export const domains = ['mx.example.org'];
