// Files whose content is trusted or secret. As OpenSSH does with its own files, they are refused if
// other users could have written them, by their mode, by their owner, or because of a folder above
// them.
import type { Stats } from 'node:fs';
import { lstat, readlink } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AppError } from '../base/errors.ts';
import { userName } from './accounts.ts';
import { refusedCode, type FileErrorCode } from './failure.ts';
import { openFolderOf, type Folder, type FolderRules } from './folder.ts';
import { readItself } from './read.ts';
import { isTrusted } from './trust.ts';

export interface TrustedRules {
  readonly most: number;
  readonly code: FileErrorCode;
  /** It contains a secret: other users must not read it either. */
  readonly secret?: boolean;
  /** Users besides root and the current one that may own it, links to it and folders above it. */
  readonly owners?: readonly number[];
  /** The file itself may belong to any user: its folder shows who placed it there. */
  readonly anyOwner?: boolean;
  /** `latin1`: each character is one octet, for what may be binary. */
  readonly encoding?: 'utf8' | 'latin1';
}

const MOST_LINKS = 40;
const WRITE_BY_OTHERS = 0o022;
/** For a secret: the group may read it, but nothing more. */
const BEYOND_SECRET = 0o037;

/**
 * Undefined only if the file does not exist. @throws AppError also if other users could have
 * written it
 */
export async function readTrusted(path: string, rules: TrustedRules): Promise<string | undefined> {
  let file = resolve(path);
  for (let links = 0; links <= MOST_LINKS; links += 1) {
    const place = await openFolderOf(file, foldersFor(rules));
    if (place === undefined) return undefined;
    const { folder, name } = place;
    try {
      const found = await lstat(folder.at(name)).catch(() => undefined);
      if (found?.isSymbolicLink() !== true) return await readAs(path, folder, name, rules);
      judgeLink(file, found, folder, rules);
      file = resolve(folder.path, await readlink(folder.at(name)));
    } finally {
      await folder.close();
    }
  }
  throw new AppError(
    refusedCode(rules.code),
    `${path} leads through more than ${MOST_LINKS} links`,
    {
      hint: 'name the file itself',
    },
  );
}

function foldersFor({ code, owners = [] }: TrustedRules): FolderRules {
  return { code, owners, sticky: true };
}

function readAs(
  path: string,
  folder: Folder,
  name: string,
  { most, code, encoding = 'utf8', ...rules }: TrustedRules,
): Promise<string | undefined> {
  const judge = judgeFile(path, code, rules);
  return readItself(folder.at(name), { most, code, judge, encoding, called: path });
}

/** Called for the open file. @throws AppError */
export function judgeFile(
  path: string,
  code: FileErrorCode,
  {
    secret = false,
    anyOwner = false,
    owners = [],
  }: Omit<TrustedRules, 'most' | 'code' | 'encoding'> = {},
): (stats: Stats) => Promise<void> {
  const refuse = (message: string, hint: string): AppError =>
    new AppError(refusedCode(code), message, { hint, details: { path } });
  return async ({ uid, mode }) => {
    const octal = (mode & 0o7777).toString(8).padStart(4, '0');
    if (!anyOwner && !isTrusted(uid) && !owners.includes(uid)) {
      const owner = await userName(uid);
      const what = `${path} belongs to ${owner}, who is neither root nor the user that runs holger`;
      throw refuse(what, `chown root ${path}, or run holger as ${owner}`);
    }
    if (secret && (mode & BEYOND_SECRET) !== 0) {
      throw refuse(`${path} contains a secret, but its mode is ${octal}`, `chmod 0640 ${path}`);
    }
    if ((mode & WRITE_BY_OTHERS) === 0) return;
    const who = (mode & 0o002) === 0 ? 'its group' : 'every user';
    throw refuse(`${who} may write to ${path} (mode ${octal})`, `chmod go-w ${path}`);
  };
}

function judgeLink(
  file: string,
  link: Stats,
  { stats }: Folder,
  { code, owners = [] }: TrustedRules,
): void {
  if ([link.uid, stats.uid].every((uid) => isTrusted(uid) || owners.includes(uid))) return;
  throw new AppError(refusedCode(code), `${file} is a symbolic link that another user has made`, {
    hint: 'name the file that it leads to, or remove the link',
    details: { path: file },
  });
}
