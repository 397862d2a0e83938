// Owner, group and mode of a placed file: what is configured, else what the file that lies there has, else the safe default.
import { stat } from 'node:fs/promises';
import { errnoOf, fileFailure } from '../files/failure.ts';
import { gidOf, uidOf } from './owners.ts';

export interface Ownership {
  readonly owner: string | undefined;
  readonly group: string | undefined;
  /** Permission bits, like 0o640. */
  readonly mode: number | undefined;
}

export interface Attributes {
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * An operator who once gave the key to group `ssl-cert` expects that to hold after a renewal, so owner, group and the group's right to
 * read are kept. Others never get a key, whatever `mode` says: no private key may be world-readable.
 */
export async function attributesFor(
  path: string,
  secret: boolean,
  wanted: Ownership,
): Promise<Attributes> {
  const existing = await statIfAny(path);
  // Only root can give a file away; anybody else replaces the file with their own.
  const kept = process.geteuid?.() === 0 ? existing?.uid : undefined;
  const uid = wanted.owner === undefined ? kept : await uidOf(wanted.owner);
  const gid = wanted.group === undefined ? existing?.gid : await gidOf(wanted.group);
  const mode = wanted.mode ?? defaultMode(secret, wanted.group !== undefined, existing?.mode ?? 0);
  return {
    mode: secret ? mode & 0o770 : mode & 0o777,
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  };
}

function defaultMode(secret: boolean, groupIsNamed: boolean, existing: number): number {
  if (!secret) return 0o644;
  return groupIsNamed ? 0o640 : 0o600 | (existing & 0o040);
}

/** Follows a link: the service's rights hang on the file behind it. */
async function statIfAny(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw fileFailure('DEPLOY_FAILED', 'look at', path, error);
  }
}
