// Folders that are entered step by step, so that nobody else decides where a path leads.
//
// Each part of a path is opened from the folder before it and judged as it was opened: whose it is,
// and who may write there. What is done in the folder afterwards goes through its descriptor
// (/proc/self/fd/N/name), so that a folder or a link that somebody exchanges meanwhile changes
// nothing. Without /proc the same is asked of the paths themselves.
import { constants, existsSync, type Stats } from 'node:fs';
import { lstat, mkdir, open, readlink, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { AppError } from '../base/errors.ts';
import { userName } from './accounts.ts';
import { within } from './deadline.ts';
import { errnoOf, fileFailure, refusedCode, type FileErrorCode } from './failure.ts';
import { syncFolder } from './folders.ts';
import { kindOf } from './read.ts';
import { isTrusted } from './trust.ts';

/** open(2): a descriptor to walk from, also of a folder that may be passed and not listed. */
const O_PATH = 0o10000000;
/** As many as the kernel follows (path_resolution(7)). */
const MOST_LINKS = 40;
const WRITE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

export interface FolderRules {
  readonly code: FileErrorCode;
  /**
   * Users besides root and ourselves to whom folders may belong: the service that gets the files.
   */
  readonly owners?: readonly number[];
  /**
   * Whether the last folder may be one like /tmp, where all may write and nobody replaces what
   * another has made.
   */
  readonly sticky?: boolean;
  /**
   * What is placed there is public: whoever owns the folder may exchange it, and only links of
   * others are not followed.
   */
  readonly isPublic?: boolean;
  /** What else helps where a folder belongs to another user. */
  readonly otherwise?: string;
  /** Permission bits of folders that are missing and are to be made. */
  readonly create?: number;
}

export interface Folder {
  /** Without links. */
  readonly path: string;
  readonly stats: Stats;
  /** The path through which a file of this folder is reached. */
  at(name: string): string;
  close(): Promise<void>;
}

/**
 * @throws AppError when the path leads through what others may change; undefined when a part of it
 * does not exist
 */
export async function openFolder(path: string, rules: FolderRules): Promise<Folder | undefined> {
  try {
    return await within(rules.code, path, walk(resolve(path), rules));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw fileFailure(rules.code, 'enter the folder', path, error);
  }
}

/** The folder of a file, and the name that it has there. The file itself is not looked at. */
export async function openFolderOf(
  file: string,
  rules: FolderRules,
): Promise<{ readonly folder: Folder; readonly name: string } | undefined> {
  const folder = await openFolder(dirname(resolve(file)), rules);
  return folder && { folder, name: basename(file) };
}

async function walk(path: string, rules: FolderRules): Promise<Folder> {
  const queue = path.split('/').filter((part) => part !== '');
  let here = await enter('/', '/');
  let links = 0;
  try {
    await judge(here, queue.length === 0, rules);
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      const next = await step(here, name, rules);
      const before = here;
      if (typeof next === 'string') {
        links += 1;
        if (links > MOST_LINKS) throw Object.assign(new Error('too many links'), { code: 'ELOOP' });
        queue.unshift(...next.split('/').filter((part) => part !== '' && part !== '.'));
        if (!next.startsWith('/')) continue;
        here = await enter('/', '/');
      } else {
        here = next;
      }
      await before.close();
      await judge(here, queue.length === 0, rules);
    }
    return here;
  } catch (error) {
    await here.close();
    throw error;
  }
}

/** The folder of that name, or where a link of that name leads. */
async function step(here: Folder, name: string, rules: FolderRules): Promise<Folder | string> {
  const path = name === '..' ? dirname(here.path) : join(here.path, name);
  try {
    return await enter(here.at(name), path);
  } catch (error) {
    const errno = errnoOf(error) ?? '';
    if (errno === 'ENOENT' && rules.create !== undefined) {
      await mkdir(here.at(name), { mode: rules.create });
      await syncFolder(here.at('.'));
      return enter(here.at(name), path);
    }
    // ENOTDIR or ELOOP, by file system: something is there, and it is not a folder.
    if (!['ENOTDIR', 'ELOOP'].includes(errno)) throw error;
    const found = await lstat(here.at(name));
    if (!found.isSymbolicLink()) throw error;
    if (!isTrusted(found.uid) || !isTrusted(here.stats.uid)) throw await linkOf(found, path, rules);
    return await readlink(here.at(name));
  }
}

/** With /proc by its descriptor, which a renamed or exchanged folder does not change. */
async function enter(at: string, path: string): Promise<Folder> {
  if (!hasProc()) return byPath(path);
  const { O_DIRECTORY, O_NOFOLLOW } = constants;
  const handle = await open(at, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  try {
    return byHandle(handle, await handle.stat(), path);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function byHandle(handle: FileHandle, stats: Stats, path: string): Folder {
  return {
    path,
    stats,
    at: (name) => `/proc/self/fd/${handle.fd}/${name}`,
    close: () => handle.close(),
  };
}

async function byPath(path: string): Promise<Folder> {
  if ((await lstat(path)).isSymbolicLink()) {
    throw Object.assign(new Error('a symbolic link'), { code: 'ELOOP' });
  }
  const stats = await stat(path);
  return { path, stats, at: (name) => join(path, name), close: () => Promise.resolve() };
}

let proc: boolean | undefined;
const hasProc = (): boolean => (proc ??= existsSync('/proc/self/fd'));

async function judge({ stats, path }: Folder, isLast: boolean, rules: FolderRules): Promise<void> {
  const { code, owners = [], sticky = false, isPublic = false, otherwise } = rules;
  const { uid, mode } = stats;
  if (isPublic) return;
  if (!isTrusted(uid) && !owners.includes(uid)) {
    throw new AppError(refusedCode(code), `the folder ${path} belongs to ${await userName(uid)}`, {
      hint: [`that user can exchange what is in it: chown root ${path}`, otherwise ?? []]
        .flat()
        .join(', '),
      details: { path },
    });
  }
  if ((mode & WRITE_BY_OTHERS) === 0) return;
  // Who owns what is in there is asked next, and nobody else can rename it.
  if ((mode & STICKY) !== 0 && (!isLast || sticky)) return;
  const octal = (mode & 0o7777).toString(8).padStart(4, '0');
  const who = (mode & 0o002) === 0 ? 'its group' : 'every user';
  throw new AppError(refusedCode(code), `${who} may write to the folder ${path} (mode ${octal})`, {
    hint: `they could exchange what is in it: chmod go-w ${path}`,
    details: { path },
  });
}

async function linkOf(stats: Stats, path: string, { code }: FolderRules): Promise<AppError> {
  const owner = await userName(stats.uid);
  const what = `${path} is ${kindOf(stats)} of ${owner}, or in a folder of another user`;
  return new AppError(refusedCode(code), what, {
    hint: `it is not followed, its owner decides where it leads: name the folder itself, or remove the link`,
    details: { path },
  });
}
