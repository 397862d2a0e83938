// Access rights beyond owner, group and mode (ACLs, extended attributes, the SELinux label) of a file that is replaced. Node knows none of
// them; `cp` of GNU coreutils copies them all from one file to another without its content.
import { existsSync } from 'node:fs';
import { runCommand } from '../process/run-command.ts';

const TIMEOUT = 30;
/** Is there, and holds files, where the kernel enforces SELinux. */
const SELINUX = '/sys/fs/selinux/enforce';

/** Undefined: the new file has them. Else why not, for a warning. Its mode is then that of the old one: set it again. */
export async function copyAccess(from: string, to: string): Promise<string | undefined> {
  // The child sees its own /proc/self.
  const ours = (path: string): string => path.replace('/proc/self/', `/proc/${process.pid}/`);
  const kept = ['mode', 'xattr', ...(existsSync(SELINUX) ? ['context'] : [])].join(',');
  const options = ['--attributes-only', `--preserve=${kept}`, '--'];
  const outcome = await runCommand(['cp', ...options, ours(from), ours(to)], {
    env: { LC_ALL: 'C' },
    timeout: TIMEOUT,
  });
  if (outcome.status === 'exited' && outcome.exitStatus === 0) return undefined;
  return 'output' in outcome ? outcome.output : 'cp of GNU coreutils could not be started';
}
