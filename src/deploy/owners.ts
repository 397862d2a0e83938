// Owner and group by name or number, as in /etc/passwd and /etc/group (Node has no getpwnam).
import { AppError } from '../base/errors.ts';
import { readFileIfAny } from '../files/write.ts';

export function uidOf(owner: string): Promise<number> {
  return idOf(owner, '/etc/passwd', 'user');
}

export function gidOf(group: string): Promise<number> {
  return idOf(group, '/etc/group', 'group');
}

/** Both files: name, password, number, separated by colons (passwd(5), group(5)). */
async function idOf(name: string, file: string, kind: 'user' | 'group'): Promise<number> {
  if (/^\d{1,10}$/.test(name)) return Number(name);
  const text = (await readFileIfAny(file, 'DEPLOY_FAILED')) ?? '';
  const fields = text.split('\n').map((line) => line.split(':'));
  const id = fields.find(([entry]) => entry === name)?.[2];
  if (id !== undefined && /^\d+$/.test(id)) return Number(id);
  throw new AppError('DEPLOY_FAILED', `there is no ${kind} "${name}" in ${file}`, {
    hint: `correct the name; write a ${kind} of a directory service as a number`,
  });
}
