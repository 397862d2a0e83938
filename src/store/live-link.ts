// `live`: the link to the generation that services read. After a renaming the old folder contains
// only `live`, which leads to `live` of the new one: services that read there continue to work, and
// nothing is ever written there again.
import { readlinkSync } from 'node:fs';
import { lstat, rename, symlink, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../base/errors.ts';
import { errnoOf, fileFailure } from '../files/failure.ts';
import { syncFolder } from '../files/folders.ts';
import { temporaryName } from '../files/staged.ts';

const LIVE = 'live';
const ELSEWHERE = /^\.\.\/([^/]+)\/live$/;
/** More renamings in a row than this are a circle that was made by hand. */
const MOST_NAMES = 40;

/** Which generation of this folder is live. */
export function readLive(home: string): number | undefined {
  const target = targetOf(home, ['ENOENT']);
  if (target === undefined || ELSEWHERE.test(target)) return undefined;
  if (/^\d{1,9}$/.test(target)) return Number(target);
  throw new AppError(
    'STORE_CORRUPT',
    `${join(home, LIVE)} points to "${target}", not to a generation`,
    { hint: 'let it point to one of the numbers beside it (ln -sfn NUMBER live)' },
  );
}

/** The folder that has the generations now; undefined: this one was not renamed. */
export function renamedTo(home: string): string | undefined {
  let at = home;
  for (let names = 0; names < MOST_NAMES; names += 1) {
    const [, next] = ELSEWHERE.exec(targetOf(at, ['ENOENT', 'EINVAL']) ?? '') ?? [];
    if (next === undefined) return at === home ? undefined : at;
    at = join(dirname(home), next);
  }
  throw new AppError('STORE_CORRUPT', `${join(home, LIVE)} leads in a circle`, {
    hint: 'let it point to one of the numbers beside it (ln -sfn NUMBER live), or remove it',
  });
}

/** @throws AppError STORE_REFUSED: services that read there would get another certificate */
export function refuseRenamed(home: string): void {
  const now = renamedTo(home);
  if (now === undefined) return;
  throw new AppError(
    'STORE_REFUSED',
    `${home} is the old name of ${now}: nothing is written there`,
    {
      hint:
        `use another name; or let services read ${join(now, LIVE)}, and when no service ` +
        `reads the old path any more: rm -r ${home}`,
    },
  );
}

/** Replaced by rename: a reader finds the old generation or the new one. */
export async function pointLive(home: string, target: string): Promise<void> {
  const link = join(home, LIVE);
  const temporary = temporaryName(link);
  try {
    // rename would move the link into a folder of that name, or fail with an unclear error.
    if ((await lstat(link).catch(() => undefined))?.isDirectory()) {
      throw new AppError('STORE_FAILED', `${link} is a folder, not a link`, {
        hint: 'move it away',
      });
    }
    await symlink(target, temporary);
    await rename(temporary, link);
    await syncFolder(home);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw fileFailure('STORE_FAILED', 'replace the link', link, error);
  }
}

export function pointLiveTo(home: string, other: string): Promise<void> {
  return pointLive(home, join('..', basename(other), LIVE));
}

/** `none`: the system's error if there is no link; EINVAL: it is something else. */
function targetOf(home: string, none: readonly string[]): string | undefined {
  const link = join(home, LIVE);
  try {
    return readlinkSync(link);
  } catch (error) {
    if (none.includes(errnoOf(error) ?? '')) return undefined;
    throw fileFailure('STORE_FAILED', 'read the link', link, error);
  }
}
