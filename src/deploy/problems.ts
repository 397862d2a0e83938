// Failures at a target that can be known before there is anything to place: everything that can be
// tried without a change is tried.
import { access, constants, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError, reasonOf } from '../base/errors.ts';
import { within } from '../files/deadline.ts';
import { openFolderOf } from '../files/folder.ts';
import { readInput } from '../files/read.ts';
import { discardFiles, stageFile } from '../files/staged.ts';
import { judgeFile } from '../files/trusted.ts';
import { SAFE_PATH } from '../process/run-command.ts';
import { numbersOf, type Numbers } from './attributes.ts';
import { pathsOf, type FilesTargetOptions } from './files.ts';
import { openInPlace } from './in-place.ts';
import { enterFolder } from './placing.ts';
import { presentIn } from './present.ts';

/** Thousands of mounts, as on a machine with many containers. */
const MOST_MOUNTS_BYTES = 16 * 1024 * 1024;

/** A sentence with a remedy each; none: no problem is known. */
export async function filesProblems(options: FilesTargetOptions): Promise<readonly string[]> {
  const problemOf = (work: Promise<unknown>): Promise<string | undefined> =>
    work.then(() => undefined, told);
  const none: Numbers = { uid: undefined, gid: undefined };
  const numbers = await numbersOf(options).catch(() => none);
  const found = [
    await problemOf(numbersOf(options)),
    await problemOf(mayGiveAway(options, numbers)),
  ];
  for (const path of pathsOf(options)) {
    // A folder that does not exist yet is checked where it will be created.
    found.push(await problemOf(tryPlace(path, options, numbers)));
  }
  if (options.reload !== undefined) found.push(await programProblem(options.reload));
  return [...new Set(found.flatMap((text) => text ?? []))];
}

/** Undefined: the program exists, this user may start it, and no other user can exchange it. */
export async function programProblem([program = '']: readonly string[]): Promise<
  string | undefined
> {
  const candidates = program.includes('/')
    ? [program]
    : SAFE_PATH.split(':').map((folder) => join(folder, program));
  for (const candidate of candidates) {
    const may = access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (await within('DEPLOY_FAILED', candidate, may)) return strangersAt(candidate);
  }
  const hint = 'give the full path of an executable file; there is no shell';
  return program.includes('/')
    ? `${program} is not a program that this user may start; ${hint}`
    : `the program ${program} does not exist in ${SAFE_PATH}; ${hint}`;
}

/** The same for a file that a shell reads, which need not be executable. */
export async function scriptProblem(file: string): Promise<string | undefined> {
  const may = access(file, constants.R_OK).then(
    () => true,
    () => false,
  );
  if (await within('DEPLOY_FAILED', file, may)) return strangersAt(file);
  return `${file} is not a file that this user may read; give the full path of a deploy hook`;
}

/** A user who may write the program could run anything as the user that runs holger. */
async function strangersAt(program: string): Promise<string | undefined> {
  try {
    const place = await openFolderOf(await realpath(program), { code: 'DEPLOY_FAILED' });
    if (place === undefined) return undefined;
    const { folder, name } = place;
    try {
      await judgeFile(program, 'DEPLOY_FAILED')(await stat(folder.at(name)));
      return undefined;
    } finally {
      await folder.close();
    }
  } catch (error) {
    return told(error);
  }
}

function told(error: unknown): string {
  if (!(error instanceof AppError)) return reasonOf(error);
  return [error.message, ...(error.hint === undefined ? [] : [error.hint])].join('; ');
}

async function mayGiveAway({ owner }: FilesTargetOptions, { uid }: Numbers): Promise<void> {
  const euid = process.geteuid?.();
  if (uid === undefined || uid === euid || euid === 0) return Promise.resolve();
  throw new AppError('DEPLOY_REFUSED', `this user cannot make ${owner ?? ''} the owner of files`, {
    hint: 'only root can: run holger as root, or as that user',
  });
}

async function tryPlace(
  path: string,
  options: FilesTargetOptions,
  numbers: Numbers,
): Promise<void> {
  const at = dirname(path);
  // The first deployment creates a missing `directory`; only its parent can be checked now.
  const isMade = at === options.directory && (await isMissing(at));
  const folder = await enterFolder(isMade ? dirname(at) : at, options, numbers);
  try {
    const name = isMade ? basename(at) : basename(path);
    const present = isMade ? undefined : await presentIn(folder, name, path);
    if (present !== undefined && options.write === 'in-place') {
      const attributes = { mode: present.stats.mode & 0o777 };
      const owners = numbers.uid === undefined ? [] : [numbers.uid];
      const { handle } = await openInPlace(
        folder,
        { path, name, content: new Uint8Array(), attributes },
        present,
        owners,
      );
      await handle.close();
      return;
    }
    if (await isMountPoint(path)) throw mounted(path);
    const place = isMade ? at : path;
    await discardFiles([await stageFile(place, '', { code: 'DEPLOY_FAILED', folder })]);
  } finally {
    await folder.close();
  }
}

function mounted(path: string): AppError {
  return new AppError('DEPLOY_REFUSED', `${path} is mounted by itself and cannot be replaced`, {
    hint: 'mount its folder instead, or set write = "in-place" for this target',
  });
}

async function isMissing(path: string): Promise<boolean> {
  return access(path).then(
    () => false,
    (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT',
  );
}

/** proc_pid_mountinfo(5): the fifth field, with spaces and similar characters as octal numbers. */
async function isMountPoint(path: string): Promise<boolean> {
  const rules = { most: MOST_MOUNTS_BYTES, code: 'DEPLOY_FAILED' } as const;
  const text = (await readInput('/proc/self/mountinfo', rules).catch(() => '')) ?? '';
  const plain = (field: string): string =>
    field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
  return text.split('\n').some((line) => plain(line.split(' ')[4] ?? '') === path);
}
