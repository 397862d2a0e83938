// The files at a target, compared with those that should be there. A link to the right content is
// right: a service reads through it.
import { stat } from 'node:fs/promises';
import { reasonOf } from '../base/errors.ts';
import { gidOf, uidOf } from '../files/accounts.ts';
import type { DeployPackage } from '../ports/target.ts';
import type { Ownership } from './attributes.ts';
import type { Place } from './placing.ts';
import { octetsAt } from './present.ts';

/** Undefined: it is correct. */
export async function differenceAt(
  { path, secret, content, form }: Place,
  { certificate, pems }: Pick<DeployPackage, 'certificate' | 'pems'>,
  ownership: Ownership,
): Promise<string | undefined> {
  try {
    const octets = await octetsAt(path);
    if (octets === undefined) return `${path} is missing`;
    const other = await form.difference(octets, content(pems), certificate);
    if (other !== undefined) return `${path} ${other}`;
    return await attributeDifference(path, secret, ownership);
  } catch (error) {
    return `${path} cannot be compared: ${reasonOf(error)}`;
  }
}

/** Only what the configuration names; other attributes are set by the operator. */
async function attributeDifference(
  path: string,
  secret: boolean,
  { owner, group, mode }: Ownership,
): Promise<string | undefined> {
  if (owner === undefined && group === undefined && mode === undefined) return undefined;
  const found = await stat(path);
  if (owner !== undefined && (await uidOf(owner)) !== found.uid) {
    return `${path} belongs to user ${found.uid}, not to ${owner}`;
  }
  if (group !== undefined && (await gidOf(group)) !== found.gid) {
    return `${path} belongs to group ${found.gid}, not to ${group}`;
  }
  const allowed = mode === undefined ? undefined : mode & (secret ? 0o770 : 0o777);
  if (allowed !== undefined && (found.mode & 0o777) !== allowed) {
    return `${path} has mode ${(found.mode & 0o777).toString(8)}, not ${allowed.toString(8)}`;
  }
  return undefined;
}
