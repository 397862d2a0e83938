// A file is written beside its destination, synced there, and then moved into place: a reader sees
// the old content or the new one, complete, even after a crash. Writing and moving are two steps,
// so that several files (key and certificate) can be moved right after each other.
import { randomBytes } from 'node:crypto';
import { linkSync, renameSync, unlinkSync } from 'node:fs';
import { lstat, open, readdir, unlink, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { within } from './deadline.ts';
import { errnoOf, fileFailure, type FileErrorCode } from './failure.ts';
import type { Folder } from './folder.ts';
import { syncFolder } from './folders.ts';
import type { OwnFolder } from './own-folder.ts';

export interface FileOptions {
  /** Default 0o600. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /**
   * False: readers still see only whole files, but a power failure may remove them (leases, which
   * are useless after it).
   */
  readonly durable?: boolean;
  readonly code?: FileErrorCode;
  /** The folder of the file, if only holger writes there: it has the mode of a secret. */
  readonly own?: OwnFolder;
  /**
   * The folder that was entered and checked; a moment later the path alone may lead elsewhere
   * (folder.ts).
   */
  readonly folder?: Pick<Folder, 'at'>;
  /**
   * Further attributes, set on the open file: if the folder belongs to another user, the name may
   * be another file's a moment later.
   */
  readonly finish?: (handle: FileHandle) => Promise<void>;
}

export interface StagedFile {
  readonly path: string;
  readonly temporary: string;
  readonly options: FileOptions;
}

/**
 * Writes the content under a temporary name in the same folder. A failure leaves no file behind.
 */
export async function stageFile(
  path: string,
  content: string | Uint8Array,
  options: FileOptions = {},
): Promise<StagedFile> {
  const temporary = temporaryName(placeOf({ path, options }));
  const code = options.code ?? 'STORE_FAILED';
  try {
    await within(code, path, write(path, temporary, content, options));
    return { path, temporary, options };
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw fileFailure(code, 'write', path, error);
  }
}

async function write(
  path: string,
  temporary: string,
  content: string | Uint8Array,
  options: FileOptions,
): Promise<void> {
  const place = placeOf({ path, options });
  await removeLeftovers(place, options.own);
  if (options.own !== undefined) {
    await options.own.write(temporary, content, options.durable !== false);
    return;
  }
  await refuseFolder(place);
  // Only the current user may read it until owner, group and mode are set. "wx" fails for anything
  // that exists, including a link.
  const handle = await open(temporary, 'wx', 0o600);
  try {
    await handle.writeFile(content);
    await setAttributes(handle, options);
    await options.finish?.(handle);
    if (options.durable !== false) await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Checked now and not at the rename: by then another file of the same set would have been replaced.
 */
async function refuseFolder(place: string): Promise<void> {
  const existing = await lstat(place).catch(() => undefined);
  if (existing?.isDirectory() !== true) return;
  throw Object.assign(new Error('a folder has this name'), { code: 'EISDIR' });
}

/** The destination, as it is opened. */
function placeOf({ path, options }: Pick<StagedFile, 'path' | 'options'>): string {
  return options.folder?.at(basename(path)) ?? path;
}

/** Moves all files into place one right after the other, in their order, then syncs the folders. */
export async function commitFiles(files: readonly StagedFile[]): Promise<void> {
  let current = files[0];
  try {
    // Synchronous on purpose: only microseconds pass between a new key and its certificate, without
    // a turn of the event loop.
    for (current of files) renameSync(current.temporary, placeOf(current));
    const durable = files.filter((file) => file.options.durable !== false);
    const folders = new Map(durable.map((file) => [dirname(placeOf(file)), file.options.own]));
    for (const [folder, own] of folders) {
      const sync = own === undefined ? syncFolder(folder) : own.sync();
      await within(current?.options.code ?? 'STORE_FAILED', folder, sync);
    }
  } catch (error) {
    await discardFiles(files);
    throw fileFailure(
      current?.options.code ?? 'STORE_FAILED',
      'replace',
      current?.path ?? '',
      error,
    );
  }
}

/** Moves the file into place unless one exists there; false: it existed, and is unchanged. */
export async function commitNew(file: StagedFile): Promise<boolean> {
  try {
    // link, unlike rename, refuses to replace. Synchronous, like the rename above: the file was
    // written there a moment ago, and a call takes a tenth of the time of a promise.
    linkSync(file.temporary, placeOf(file));
    unlinkSync(file.temporary);
    if (file.options.durable !== false) await syncFolder(dirname(placeOf(file)));
    return true;
  } catch (error) {
    await discardFiles([file]);
    if (errnoOf(error) === 'EEXIST') return false;
    throw fileFailure(file.options.code ?? 'STORE_FAILED', 'write', file.path, error);
  }
}

export async function discardFiles(files: readonly StagedFile[]): Promise<void> {
  for (const file of files) await unlink(file.temporary).catch(() => undefined);
}

/**
 * A name beside `path` that no reader uses; it contains the process id, so that the file of a
 * killed process can be removed.
 */
export function temporaryName(path: string): string {
  const unique = `${process.pid}-${randomBytes(6).toString('hex')}`;
  return join(dirname(path), `.${basename(path)}.holger-${unique}`);
}

async function setAttributes(handle: FileHandle, options: FileOptions): Promise<void> {
  const now = await handle.stat();
  const uid = options.uid ?? now.uid;
  const gid = options.gid ?? now.gid;
  // The owner first: a wider mode must never apply to the group that the file has at its creation.
  if (uid !== now.uid || gid !== now.gid) await handle.chown(uid, gid);
  const mode = options.mode ?? 0o600;
  if (mode !== (now.mode & 0o7777)) await handle.chmod(mode);
}

/** Temporary files of this path may contain a private key; those of ended processes are removed. */
async function removeLeftovers(path: string, own: OwnFolder | undefined): Promise<void> {
  const prefix = `.${basename(path)}.holger-`;
  const names = await (own?.left(prefix) ?? readdir(dirname(path)).catch(() => []));
  for (const name of names) {
    const pid = name.startsWith(prefix)
      ? /^(\d+)-/.exec(name.slice(prefix.length))?.[1]
      : undefined;
    if (pid === undefined || isRunning(Number(pid))) continue;
    await unlink(join(dirname(path), name)).catch(() => undefined);
  }
}

/** Only by its number, in this pid name space: EPERM is an answer, too. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errnoOf(error) !== 'ESRCH';
  }
}
