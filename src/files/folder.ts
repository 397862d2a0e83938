// Folders that are entered step by step, so that no other user decides where a path leads.
//
// Each part of a path is opened from the folder before it, and the opened folder is checked: its
// owner, and who may write to it. All work in the folder then uses its descriptor
// (/proc/self/fd/N/name), so that a folder or a link that is exchanged meanwhile has no effect.
// Without /proc the same checks are made on the paths.
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

/** open(2): a descriptor for entering, also of a folder that may be entered but not listed. */
const O_PATH = 0o10000000;
/** The limit of the kernel (path_resolution(7)). */
const MOST_LINKS = 40;
const WRITE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

export interface FolderRules {
  readonly code: FileErrorCode;
  /**
   * Users besides root and the current one that may own folders: the service that gets the files.
   */
  readonly owners?: readonly number[];
  /**
   * Whether the last folder may be one like /tmp, where all may write but only owners may replace
   * their files.
   */
  readonly sticky?: boolean;
  /**
   * The placed files are public: the owner of the folder may exchange them, and only links of other
   * users are not followed.
   */
  readonly isPublic?: boolean;
  /** Another remedy if a folder belongs to another user. */
  readonly otherwise?: string;
  /** Permission bits for folders that are missing and must be created. */
  readonly create?: number;
}

export interface Folder {
  /** Without links. */
  readonly path: string;
  readonly stats: Stats;
  /** The path through which a file of this folder is opened. */
  at(name: string): string;
  close(): Promise<void>;
}

/**
 * @throws AppError if other users can change where the path leads; undefined if a part of it does
 * not exist
 */
export async function openFolder(path: string, rules: FolderRules): Promise<Folder | undefined> {
  try {
    return await within(rules.code, path, walk(resolve(path), rules));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw fileFailure(rules.code, 'enter the folder', path, error);
  }
}

/** The folder of a file, and its name there. The file itself is not opened. */
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

/** The folder of that name, or the target of a link of that name. */
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
    // ENOTDIR or ELOOP, depending on the file system: it exists but is not a folder.
    if (!['ENOTDIR', 'ELOOP'].includes(errno)) throw error;
    const found = await lstat(here.at(name));
    if (!found.isSymbolicLink()) throw error;
    if (!isTrusted(found.uid) || !isTrusted(here.stats.uid)) throw await linkOf(found, path, rules);
    return await readlink(here.at(name));
  }
}

/** By descriptor if /proc exists, so that renaming or exchanging a folder has no effect. */
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
  // The owner of the entry is checked next, and only that owner can rename it.
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
    hint:
      'it is not followed because its owner decides where it leads: name the folder ' +
      'itself, or remove the link',
    details: { path },
  });
}
