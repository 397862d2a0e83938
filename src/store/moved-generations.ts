// Moves all generations of a certificate: to the archive when it is deleted; to another name when
// it is renamed.
import { link, lstat, readdir, rmdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../base/errors.ts';
import { errnoOf, fileFailure } from '../files/failure.ts';
import { makeFolder, syncFolder } from '../files/folders.ts';
import { readFileIfAny } from '../files/write.ts';
import { archive, isThere } from './archive.ts';
import { pointLive, pointLiveTo, readLive, refuseRenamed, renamedTo } from './live-link.ts';

export async function numbersIn(home: string): Promise<number[]> {
  try {
    const names = await readdir(home);
    return names
      .filter((name) => /^[1-9]\d*$/.test(name))
      .map(Number)
      .sort((a, b) => a - b);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw fileFailure('STORE_FAILED', 'list', home, error);
  }
}

export async function archiveGenerations(
  home: string,
  folder: string,
  label: string,
): Promise<string | undefined> {
  // The target of an old name belongs to another certificate.
  if ((await isThere(home)) && renamedTo(home) !== undefined) return undefined;
  const to = await archive(home, folder, label);
  if (to !== undefined) await removeOldNames(dirname(home));
  return to;
}

/**
 * Services may read `live` of the old folder at any moment, and a crash may come at any moment. So
 * files first get a second name in the new folder, both `live` links then lead there, and only
 * after that the old names are removed.
 */
export async function moveGenerations(from: string, to: string): Promise<void> {
  try {
    const now = renamedTo(to);
    // Renamed back: the old name leads here, and becomes the present one again.
    if (now !== undefined && now !== from) refuseRenamed(to);
    const numbers = await numbersIn(from);
    for (const number of numbers) await linkFiles(from, to, String(number));
    const live = readLive(from);
    if (live !== undefined) {
      await pointLive(to, String(live));
      await pointLiveTo(from, to);
    }
    for (const number of numbers) await removeFiles(join(from, String(number)));
    await removeIfEmpty(from);
  } catch (error) {
    throw fileFailure('STORE_FAILED', 'move', from, error);
  }
}

async function linkFiles(from: string, to: string, number: string): Promise<void> {
  const [old, folder] = [join(from, number), join(to, number)];
  await makeFolder(folder);
  for (const name of await filesIn(old)) {
    // A temporary file of a process that died is not needed.
    if (name.startsWith('.')) continue;
    await linkOnce(join(old, name), join(folder, name));
  }
  await syncFolder(folder);
}

/** Identical content is accepted: the same step, repeated after a crash. */
async function linkOnce(file: string, name: string): Promise<void> {
  try {
    await link(file, name);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    if ((await readFileIfAny(file)) === (await readFileIfAny(name))) return;
    throw new AppError('STORE_FAILED', `${name} exists and is another file than ${file}`, {
      hint: 'nothing was overwritten; move one of the two away, then run the command again',
    });
  }
}

async function removeFiles(folder: string): Promise<void> {
  for (const name of await filesIn(folder)) await unlink(join(folder, name));
  await removeIfEmpty(folder);
}

async function filesIn(folder: string): Promise<string[]> {
  const found = await readdir(folder, { withFileTypes: true });
  return found.filter((one) => one.isFile()).map(({ name }) => name);
}

/** Foreign files in the folder are left alone. */
async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
    await syncFolder(dirname(folder));
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(errnoOf(error) ?? '')) throw error;
  }
}

/** Old names of an archived certificate lead nowhere. */
async function removeOldNames(certificates: string): Promise<void> {
  for (const name of await readdir(certificates)) {
    const home = join(certificates, name);
    if (!(await lstat(home)).isDirectory()) continue;
    // Errors there are reported when its own certificate is worked on.
    const now = renamedIfReadable(home);
    if (now === undefined || (await isThere(now))) continue;
    await unlink(join(home, 'live'));
    await removeIfEmpty(home);
  }
}

function renamedIfReadable(home: string): string | undefined {
  try {
    return renamedTo(home);
  } catch {
    return undefined;
  }
}
