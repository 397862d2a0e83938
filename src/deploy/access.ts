// Access rights beyond owner, group and mode (ACLs, extended attributes, the SELinux label) of a
// file that is replaced. Node does not support them; `cp` of GNU coreutils copies all of them from
// one file to another without its content.
import { existsSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { runCommand } from '../process/run-command.ts';

const TIMEOUT = 30;
/** Exists, and contains files, if the kernel enforces SELinux. */
const SELINUX = '/sys/fs/selinux/enforce';

/**
 * Undefined: the new file has them. Otherwise the reason, for a warning. The new file then has the
 * mode of the old one: set it again. Both are open files: the owner of the folder could replace
 * either name by a link, and root would then change the access rights of another file.
 */
export async function copyAccess(from: FileHandle, to: FileHandle): Promise<string | undefined> {
  // The child has its own /proc/self.
  const pathOf = ({ fd }: FileHandle): string => `/proc/${process.pid}/fd/${fd}`;
  const kept = ['mode', 'xattr', ...(existsSync(SELINUX) ? ['context'] : [])].join(',');
  const options = ['--attributes-only', `--preserve=${kept}`, '--'];
  const outcome = await runCommand(['cp', ...options, pathOf(from), pathOf(to)], {
    env: { LC_ALL: 'C' },
    timeout: TIMEOUT,
  });
  if (outcome.status === 'exited' && outcome.exitStatus === 0) return undefined;
  return 'output' in outcome ? outcome.output : 'cp of GNU coreutils could not be started';
}
