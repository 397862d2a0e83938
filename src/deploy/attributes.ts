// Owner, group and mode of a placed file: the configured ones, else those of the file that holger
// placed there before, else the safe default. The attributes of any other file there are ignored:
// another user may have made it to get the key.
import type { Stats } from 'node:fs';
import { defined } from '../base/defined.ts';
import { gidOf, uidOf } from '../files/accounts.ts';

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

/** Owner and group of the configuration by number. */
export interface Numbers {
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

export async function numbersOf({ owner, group }: Ownership): Promise<Numbers> {
  return {
    uid: owner === undefined ? undefined : await uidOf(owner),
    gid: group === undefined ? undefined : await gidOf(group),
  };
}

/**
 * If an operator gave a placed key to the group `ssl-cert`, this must still hold after a renewal.
 * So owner, group and the group's right to read are kept. Others never get the right to read a key,
 * whatever `mode` says: no private key may be world-readable. @param kept the file that holger
 * placed before; undefined: there is none, or another program placed it
 */
export function attributesFor(
  secret: boolean,
  kept: Stats | undefined,
  { uid, gid }: Numbers,
  wanted: number | undefined,
): Attributes {
  const euid = process.geteuid?.();
  // Only root can change the owner of a file; other users replace the file by one of their own.
  const owner = uid ?? (euid === 0 ? kept?.uid : undefined) ?? euid;
  const group = gid ?? kept?.gid;
  const mode = wanted ?? defaultMode(secret, gid !== undefined, kept?.mode ?? 0);
  return {
    mode: secret ? mode & 0o770 : mode & 0o777,
    ...defined({ uid: owner, gid: group }),
  };
}

function defaultMode(secret: boolean, groupIsNamed: boolean, existing: number): number {
  if (!secret) return 0o644;
  return groupIsNamed ? 0o640 : 0o600 | (existing & 0o040);
}
