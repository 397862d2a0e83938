// Overwriting a file instead of replacing it, if the operator has configured so: a file that is
// mounted by itself, as in containers, cannot be replaced. It is not atomic: a service that reads
// at that moment may get half of it, and a power failure may leave half.
import { open, type FileHandle } from 'node:fs/promises';
import { AppError } from '../base/errors.ts';
import { within } from '../files/deadline.ts';
import { fileFailure } from '../files/failure.ts';
import type { Folder } from '../files/folder.ts';
import { isTrusted } from '../files/trust.ts';
import type { Attributes } from './attributes.ts';
import { IN_PLACE_FLAGS, isPlainFile, type Present } from './present.ts';

export interface InPlace {
  readonly path: string;
  readonly content: Uint8Array;
  readonly attributes: Attributes;
  readonly before: Present;
  readonly handle: FileHandle;
}

interface Wanted {
  readonly path: string;
  readonly name: string;
  readonly content: Uint8Array;
  readonly attributes: Attributes;
}

/**
 * Opened and checked; nothing is written yet. `owners`: users, besides root and the current one,
 * that may own the file.
 */
export async function openInPlace(
  folder: Folder,
  { path, name, content, attributes }: Wanted,
  before: Present,
  owners: readonly number[],
): Promise<InPlace> {
  if (!isPlainFile(before)) throw refused(path, 'is not a file, or has several names');
  try {
    const handle = await within('DEPLOY_FAILED', path, open(folder.at(name), IN_PLACE_FLAGS));
    const { ino, dev, uid } = await handle.stat();
    const isIt = ino === before.stats.ino && dev === before.stats.dev;
    if (isIt && (isTrusted(uid) || owners.includes(uid))) {
      return { path, content, attributes, before, handle };
    }
    await handle.close();
  } catch (error) {
    throw fileFailure('DEPLOY_FAILED', 'write to', path, error);
  }
  throw refused(path, 'belongs to another user, who could read what is written to it');
}

/** @throws AppError; the old content is written back if possible */
export async function writeInPlace(file: InPlace): Promise<void> {
  const { path, content, before } = file;
  try {
    await within('DEPLOY_FAILED', path, write(file, content));
  } catch (error) {
    const { octets } = before;
    if (octets !== undefined) {
      await within('DEPLOY_FAILED', path, write(file, octets)).catch(() => undefined);
    }
    throw fileFailure('DEPLOY_FAILED', 'write to', path, error);
  }
}

async function write({ handle, attributes }: InPlace, content: Uint8Array): Promise<void> {
  const { mode, uid, gid } = attributes;
  const now = await handle.stat();
  // Before the key is written. Present attributes are not set again: a mounted file may not allow
  // it.
  if ((uid ?? now.uid) !== now.uid || (gid ?? now.gid) !== now.gid) {
    await handle.chown(uid ?? now.uid, gid ?? now.gid);
  }
  if ((now.mode & 0o7777) !== mode) await handle.chmod(mode);
  for (let at = 0; at < content.length;) {
    at += (await handle.write(content, at, content.length - at, at)).bytesWritten;
  }
  await handle.truncate(content.length);
  await handle.sync();
}

function refused(path: string, why: string): AppError {
  return new AppError('DEPLOY_REFUSED', `${path} ${why}`, {
    hint: `make root the owner of the file (chown root ${path}), or remove write = "in-place"`,
    details: { path },
  });
}
