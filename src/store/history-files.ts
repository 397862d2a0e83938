// `<state>/history/`: one file for each certificate, one JSON document a line. A line is one write
// at the end of the file: a process that is killed leaves all lines before it, and half a line at
// worst, which is left out from then on. Files are bounded by size and age.
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Clock, Seconds } from '../base/clock.ts';
import { errnoOf, fileFailure } from '../files/failure.ts';
import type { History } from '../ports/history.ts';
import { fileNameOf } from './keys.ts';

/** Of a file: some years of one certificate, or a day of one that fails every minute. */
const MOST_BYTES = 256 * 1024;
/** What is kept of a file that became too large. */
const KEPT_BYTES = MOST_BYTES / 2;
const MOST_LINE = 16 * 1024;
export const OLDEST: Seconds = 2 * 365 * 86_400;
/** So that a file is not written anew for each entry that becomes too old. */
const OLD_ENOUGH: Seconds = 30 * 86_400;

const NEWLINE = 0x0a;
const { O_APPEND, O_CREAT, O_NOFOLLOW, O_RDWR, O_RDONLY } = constants;

export interface HistoryOptions {
  /** The state directory. */
  readonly directory: string;
  readonly clock: Pick<Clock, 'now'>;
}

export function createHistoryFiles({ directory, clock }: HistoryOptions): History {
  const folder = join(directory, 'history');
  const pathOf = (certificate: string): string =>
    join(folder, `${fileNameOf(certificate, 221)}.ndjson`);
  const read = (certificate: string): readonly Entry[] =>
    entriesIn(textOf(pathOf(certificate)), clock.now() - OLDEST);
  return {
    append: (certificate, entry) => {
      const path = pathOf(certificate);
      const line = `${JSON.stringify(entry)}\n`;
      if (line.length > MOST_LINE) return;
      attempt('write', path, () => {
        const size = appended(path, line, folder);
        if (size > MOST_BYTES || isOld(path, clock.now() - OLDEST - OLD_ENOUGH)) {
          shorten(path, read(certificate));
        }
      });
    },
    last: (certificate) => {
      try {
        return read(certificate).at(-1)?.value;
      } catch {
        return undefined;
      }
    },
    read: (certificate) => read(certificate).map(({ value }) => value),
  };
}

interface Entry {
  readonly line: string;
  readonly value: unknown;
}

/** @returns the size afterwards */
function appended(path: string, line: string, folder: string): number {
  const file = openForAppending(path, folder);
  try {
    const { size } = fstatSync(file);
    // A process was killed, or the disk was full, in the middle of the line before.
    const text = isWhole(file, size) ? line : `\n${line}`;
    return size + writeSync(file, text);
  } finally {
    closeSync(file);
  }
}

function openForAppending(path: string, folder: string): number {
  const flags = O_APPEND | O_CREAT | O_RDWR | O_NOFOLLOW;
  try {
    return openSync(path, flags, 0o600);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return openSync(path, flags, 0o600);
  }
}

function isWhole(file: number, size: number): boolean {
  if (size === 0) return true;
  const last = Buffer.alloc(1);
  readSync(file, last, 0, 1, size - 1);
  return last[0] === NEWLINE;
}

/** Whether the first entry is from before this time; what cannot be read is not. */
function isOld(path: string, before: number): boolean {
  const file = openSync(path, O_RDONLY | O_NOFOLLOW);
  try {
    const head = Buffer.alloc(MOST_LINE);
    const text = head.toString('utf8', 0, readSync(file, head, 0, MOST_LINE, 0));
    const [first] = entriesIn(`${text.split('\n', 1)[0] ?? ''}\n`, -Infinity);
    return first !== undefined && (first.value as { at: number }).at < before;
  } finally {
    closeSync(file);
  }
}

/** The newest ones, in a new file that takes the place of the old one. */
function shorten(path: string, entries: readonly Entry[]): void {
  let left = KEPT_BYTES;
  const from = entries.findLastIndex(({ line }) => (left -= line.length + 1) < 0) + 1;
  const temporary = `${path}.${process.pid}.new`;
  const file = openSync(temporary, 'w', 0o600);
  try {
    const lines = entries.slice(from).map(({ line }) => `${line}\n`);
    writeFileSync(file, lines.join(''));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
}

function textOf(path: string): string {
  return attempt('read', path, () => {
    try {
      const file = openSync(path, O_RDONLY | O_NOFOLLOW);
      try {
        return readFileSync(file, 'utf8');
      } finally {
        closeSync(file);
      }
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return '';
      throw error;
    }
  });
}

/** Whole lines that are entries, none older than that. */
function entriesIn(text: string, oldest: number): readonly Entry[] {
  return text.split('\n').flatMap((line) => {
    const value = parsed(line);
    return value !== undefined && value.at >= oldest ? [{ line, value }] : [];
  });
}

function parsed(line: string): { readonly at: number } | undefined {
  if (!line.startsWith('{') || line.length > MOST_LINE) return undefined;
  try {
    const value = JSON.parse(line) as { readonly at?: unknown };
    return typeof value.at === 'number' ? { ...value, at: value.at } : undefined;
  } catch {
    return undefined;
  }
}

function attempt<T>(act: 'read' | 'write', path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw fileFailure('STORE_FAILED', act, path, error);
  }
}
