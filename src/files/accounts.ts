// Users and groups by name or number, as in /etc/passwd and /etc/group (Node has no getpwnam).
import { AppError } from '../base/errors.ts';
import type { FileErrorCode } from './failure.ts';
import { refusedCode } from './failure.ts';
import { readInput } from './read.ts';

/** A large installation has some thousands of accounts of 100 bytes. */
const MOST_BYTES = 16 * 1024 * 1024;

export function uidOf(owner: string): Promise<number> {
  return idOf(owner, '/etc/passwd', 'user');
}

export function gidOf(group: string): Promise<number> {
  return idOf(group, '/etc/group', 'group');
}

/** "user www-data", or "user 33" if the name is not known. Never fails: it is for messages. */
export async function userName(uid: number): Promise<string> {
  const fields = await fieldsOf('/etc/passwd', 'DEPLOY_FAILED').catch(() => []);
  return `user ${fields.find(([, , id]) => id === String(uid))?.[0] ?? String(uid)}`;
}

/** Both files: name, password, number, separated by colons (passwd(5), group(5)). */
async function idOf(name: string, file: string, kind: 'user' | 'group'): Promise<number> {
  if (/^\d{1,10}$/.test(name)) return Number(name);
  const fields = await fieldsOf(file, 'DEPLOY_FAILED');
  const id = fields.find(([entry]) => entry === name)?.[2];
  if (id !== undefined && /^\d+$/.test(id)) return Number(id);
  throw new AppError(
    refusedCode('DEPLOY_FAILED'),
    `the ${kind} "${name}" does not exist in ${file}`,
    {
      hint: `correct the name; write a ${kind} of a directory service as a number`,
    },
  );
}

async function fieldsOf(file: string, code: FileErrorCode): Promise<readonly string[][]> {
  const text = (await readInput(file, { most: MOST_BYTES, code })) ?? '';
  return text.split('\n').map((line) => line.split(':'));
}
