// What lies at the places of a target. Anybody may have put it there where a folder was open to
// others, so that nothing is believed of it but its content.
import { constants, type Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { AppError } from '../base/errors.ts';
import { within } from '../files/deadline.ts';
import { errnoOf, fileFailure } from '../files/failure.ts';
import type { Folder } from '../files/folder.ts';
import { readInput, readItself } from '../files/read.ts';

/** Key and chain in PEM are some 10 KiB. */
const MOST_BYTES = 1024 * 1024;

/**
 * The text that a service would read there, through links too. Undefined: nothing is there. @throws
 * AppError
 */
export function textAt(path: string): Promise<string | undefined> {
  return readInput(path, { most: MOST_BYTES, code: 'DEPLOY_FAILED' });
}

/**
 * The same where what is not a file, or has no such size, counts as nothing: no service loads a
 * chain from it.
 */
export async function textIfFile(path: string): Promise<string | undefined> {
  try {
    return await textAt(path);
  } catch (error) {
    if (error instanceof AppError && holdsNothing(error)) return undefined;
    throw error;
  }
}

/** A socket, a device that is gone, a link to itself: to open(2) they are no files either. */
const NO_FILE = new Set(['ELOOP', 'ENXIO', 'ENODEV', 'ENOTDIR']);

function holdsNothing({ details }: AppError): boolean {
  return details['fits'] === false || NO_FILE.has(String(details['errno']));
}

export interface Present {
  readonly stats: Stats;
  /** Of a regular file that can be read. */
  readonly text?: string;
}

/** What has that name in the folder, itself: a link is a link. Undefined: nothing. */
export async function presentIn(
  folder: Folder,
  name: string,
  path: string,
): Promise<Present | undefined> {
  try {
    const stats = await within('DEPLOY_FAILED', path, lstat(folder.at(name)));
    if (!stats.isFile()) return { stats };
    return await textOf(folder, name, path, stats);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw fileFailure('DEPLOY_FAILED', 'look at', path, error);
  }
}

async function textOf(
  folder: Folder,
  name: string,
  path: string,
  found: Stats,
): Promise<Present | undefined> {
  let stats = found;
  const judge = (opened: Stats): void => void (stats = opened);
  const rules = { most: MOST_BYTES, code: 'DEPLOY_FAILED', judge, called: path } as const;
  try {
    const text = await readItself(folder.at(name), rules);
    return text === undefined ? undefined : { stats, text };
  } catch (error) {
    // What cannot be read, or is not what it was a moment ago, is not what holger placed.
    if (error instanceof AppError && !error.retry) return { stats };
    throw error;
  }
}

/**
 * Whether in-place writing can take it: a file that is ours to write, and no other name of one that
 * lies elsewhere.
 */
export function isPlainFile({ stats }: Present): boolean {
  return stats.isFile() && stats.nlink === 1;
}

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

export const IN_PLACE_FLAGS = O_WRONLY | O_NOFOLLOW | O_NONBLOCK;
/** To read, whatever has taken the name meanwhile. */
export const SAFE_TO_OPEN = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
