// The files at a target. In a folder that was open to others any user may have placed them, so only
// their content counts.
import { constants, type Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { AppError } from '../base/errors.ts';
import { within } from '../files/deadline.ts';
import { errnoOf, fileFailure } from '../files/failure.ts';
import type { Folder } from '../files/folder.ts';
import { readInput, readItself } from '../files/read.ts';

/** Key and chain are some 10 KiB. */
const MOST_BYTES = 1024 * 1024;

/** Each character of a text that was read is one octet: a file need not be text. */
const rules = { most: MOST_BYTES, code: 'DEPLOY_FAILED', encoding: 'latin1' } as const;

/**
 * What a service would read there, through links too. Undefined: there is no file. @throws AppError
 */
export async function octetsAt(path: string): Promise<Buffer | undefined> {
  const text = await readInput(path, rules);
  return text === undefined ? undefined : Buffer.from(text, 'latin1');
}

/**
 * The same, but anything that is not a file of reasonable size counts as absent: no service loads a
 * chain from it.
 */
export async function octetsIfFile(path: string): Promise<Buffer | undefined> {
  try {
    return await octetsAt(path);
  } catch (error) {
    if (error instanceof AppError && holdsNothing(error)) return undefined;
    throw error;
  }
}

/**
 * A socket, a missing device, a link to itself: open(2) fails for them, and they are not files
 * either.
 */
const NO_FILE = new Set(['ELOOP', 'ENXIO', 'ENODEV', 'ENOTDIR']);

function holdsNothing({ details }: AppError): boolean {
  return details['fits'] === false || NO_FILE.has(String(details['errno']));
}

export interface Present {
  readonly stats: Stats;
  /** Of a regular file that can be read. */
  readonly octets?: Buffer;
}

/** The entry of that name in the folder; a link is not followed. Undefined: there is none. */
export async function presentIn(
  folder: Folder,
  name: string,
  path: string,
): Promise<Present | undefined> {
  try {
    const stats = await within('DEPLOY_FAILED', path, lstat(folder.at(name)));
    if (!stats.isFile()) return { stats };
    return await contentOf(folder, name, path, stats);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw fileFailure('DEPLOY_FAILED', 'look at', path, error);
  }
}

async function contentOf(
  folder: Folder,
  name: string,
  path: string,
  found: Stats,
): Promise<Present | undefined> {
  let stats = found;
  const judge = (opened: Stats): void => void (stats = opened);
  try {
    const text = await readItself(folder.at(name), { ...rules, judge, called: path });
    return text === undefined ? undefined : { stats, octets: Buffer.from(text, 'latin1') };
  } catch (error) {
    // A file that cannot be read, or was exchanged meanwhile, is not one that holger placed.
    if (error instanceof AppError && !error.retry) return { stats };
    throw error;
  }
}

/**
 * Whether it can be written in place: a file of the current user, without another name elsewhere.
 */
export function isPlainFile({ stats }: Present): boolean {
  return stats.isFile() && stats.nlink === 1;
}

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

export const IN_PLACE_FLAGS = O_WRONLY | O_NOFOLLOW | O_NONBLOCK;
/** For reading, safe if another file takes the name meanwhile. */
export const SAFE_TO_OPEN = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
