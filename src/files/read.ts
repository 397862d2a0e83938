// Reading files that other users may have made. The path may be a FIFO without a writer, a device
// that never ends, or a link to one: it is opened without blocking, checked, and read up to a
// limit.
import { constants, type Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { AppError } from '../base/errors.ts';
import { within } from './deadline.ts';
import { errnoOf, fileFailure, refusedCode, type FileErrorCode } from './failure.ts';

const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW, O_NOCTTY } = constants;

export interface ReadRules {
  /** The largest size of such a file in bytes. */
  readonly most: number;
  /**
   * The code of the error for anything that is not a regular file, or too large; its details say
   * `fits: false`.
   */
  readonly code: FileErrorCode;
  /**
   * Called for the open file, so that the checked file is the one that is read. @throws AppError
   */
  readonly judge?: (stats: Stats) => void | Promise<void>;
  /** `latin1`: each character is one octet, for what may be binary. */
  readonly encoding?: 'utf8' | 'latin1';
  /** For messages, if the path that is opened is one of /proc. */
  readonly called?: string;
}

/**
 * The text of a file that a person named: links are followed. Undefined only if it does not exist.
 */
export function readInput(path: string, rules: ReadRules): Promise<string | undefined> {
  return readWith(O_RDONLY | O_NONBLOCK | O_NOCTTY, path, rules);
}

/** The same for a path that must be the file itself, not a link. */
export function readItself(path: string, rules: ReadRules): Promise<string | undefined> {
  return readWith(O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW, path, rules);
}

async function readWith(
  flags: number,
  path: string,
  rules: ReadRules,
): Promise<string | undefined> {
  const { code, called = path } = rules;
  try {
    return await within(code, called, readOpen(flags, path, rules));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw fileFailure(code, 'read', called, error);
  }
}

async function readOpen(flags: number, path: string, rules: ReadRules): Promise<string> {
  const { judge, called = path } = rules;
  const handle = await open(path, flags);
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw notAFile(rules.code, called, stats);
    await judge?.(stats);
    return await textOf(handle, stats.size, rules, called);
  } finally {
    await handle.close();
  }
}

/**
 * Never more than the limit, whatever size is reported: files of /proc report 0, and others grow.
 */
async function textOf(
  handle: FileHandle,
  reported: number,
  { most, code, encoding = 'utf8' }: ReadRules,
  called: string,
): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  // With room for one octet more than there should be, a single read also finds the end.
  let room = reported > 0 && reported < CHUNK ? reported + 1 : CHUNK;
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(room), 0, room, null);
    size += bytesRead;
    if (size > most) throw tooLarge(code, called, most);
    chunks.push(buffer.subarray(0, bytesRead));
    const isWhole = size === reported && bytesRead < room;
    if (bytesRead === 0 || isWhole) return Buffer.concat(chunks).toString(encoding);
    room = CHUNK;
  }
}

/** Most files here are smaller. */
const CHUNK = 65_536;

function tooLarge(code: FileErrorCode, path: string, most: number): AppError {
  const message = `${path} is larger than ${Math.round(most / 1024)} KiB`;
  return new AppError(refusedCode(code), message, {
    hint: 'this is probably not the intended file; correct the path',
    details: { path, fits: false },
  });
}

/** The kind of the file, for a message. */
export function kindOf(stats: Stats): string {
  if (stats.isFile()) return 'a file';
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a named pipe (FIFO)';
  if (stats.isSocket()) return 'a socket';
  if (stats.isSymbolicLink()) return 'a symbolic link';
  return 'a device';
}

function notAFile(code: FileErrorCode, path: string, stats: Stats): AppError {
  return new AppError(refusedCode(code), `${path} is ${kindOf(stats)}, not a file`, {
    hint: 'correct the path, or replace it by a regular file',
    details: { path, fits: false },
  });
}
