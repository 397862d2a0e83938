// Which process holds something, so that another one can tell later whether it is still there. A pid alone is not enough: it is
// given to somebody else after the process is gone, and means another process after a reboot or in another container.
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks between boot and the start of the process (proc_pid_stat(5), field 22); '' without /proc. */
  readonly started: string;
  /** /proc/sys/kernel/random/boot_id; '' without /proc. */
  readonly boot: string;
  /** The pid name space: numbers of another one say nothing here. */
  readonly namespace: string;
  readonly host: string;
}

export function currentProcess(): ProcessIdentity {
  return {
    pid: process.pid,
    started: statOf(process.pid)?.started ?? '',
    boot: textOf(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
    namespace: textOf(() => readlinkSync('/proc/self/ns/pid')),
    host: hostname(),
  };
}

/** `unknown`: it lives where we cannot look (another machine that shares the folder, another container). */
export function lifeOf(other: ProcessIdentity): 'alive' | 'dead' | 'unknown' {
  const self = currentProcess();
  if (other.boot !== self.boot) return other.host === self.host ? 'dead' : 'unknown';
  if (other.namespace !== self.namespace) return 'unknown';
  if (other.started === '') return answersSignal(other.pid) ? 'alive' : 'dead';
  const stat = statOf(other.pid);
  // A zombie has ended; only its parent has not noticed.
  if (stat === undefined || stat.state === 'Z' || stat.state === 'X') return 'dead';
  return stat.started === other.started ? 'alive' : 'dead';
}

function statOf(pid: number): { readonly state: string; readonly started: string } | undefined {
  const text = textOf(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // The second field is the command in brackets, which may hold spaces and brackets itself.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  const started = fields[19];
  return state === undefined || started === undefined ? undefined : { state, started };
}

function answersSignal(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function textOf(read: () => string): string {
  try {
    return read().trim();
  } catch {
    return '';
  }
}
