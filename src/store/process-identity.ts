// Identifies the process that holds something, so that another process can find out later whether
// it still runs. A pid alone is not enough: it is used again after the process has ended, and means
// another process after a reboot or in another container.
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { isRunning } from '../files/staged.ts';

export interface ProcessIdentity {
  readonly pid: number;
  /**
   * Clock ticks between boot and the start of the process (proc_pid_stat(5), field 22); '' without
   * /proc.
   */
  readonly started: string;
  /** /proc/sys/kernel/random/boot_id; '' without /proc. */
  readonly boot: string;
  /** The pid name space: pids of another one cannot be compared. */
  readonly namespace: string;
  readonly host: string;
  /** /etc/machine-id; '' if there is none. Absent in documents of an earlier version. */
  readonly machine?: string;
}

/** The present boot of the machine; '' without /proc. */
export function bootId(): string {
  return textOf(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'));
}

/**
 * The first pid name space of a kernel (PROC_PID_INIT_INO of linux/proc_ns.h): any other one
 * belongs to a container.
 */
const FIRST_NAMESPACE = 'pid:[4026531836]';

let current: ProcessIdentity | undefined;

/** It stays the same as long as the process runs. */
export function currentProcess(): ProcessIdentity {
  return (current ??= readIdentity());
}

function readIdentity(): ProcessIdentity {
  return {
    pid: process.pid,
    started: statOf(process.pid)?.started ?? '',
    boot: bootId(),
    namespace: textOf(() => readlinkSync('/proc/self/ns/pid')),
    host: hostname(),
    machine: machineId(),
  };
}

/**
 * `unknown`: it cannot be checked from here (another machine that shares the folder, another
 * container).
 */
export function lifeOf(
  other: ProcessIdentity,
  self: ProcessIdentity = currentProcess(),
): 'alive' | 'dead' | 'unknown' {
  if (other.boot !== self.boot) return isThisMachine(other, self) ? 'dead' : 'unknown';
  if (other.namespace !== self.namespace) return 'unknown';
  if (other.started === '') return isRunning(other.pid) ? 'alive' : 'dead';
  const stat = statOf(other.pid);
  // A zombie has ended; only its parent has not collected it yet.
  if (stat === undefined || stat.state === 'Z' || stat.state === 'X') return 'dead';
  return stat.started === other.started ? 'alive' : 'dead';
}

/**
 * Whether it ran here before the last boot. A host name alone is not enough, because many machines
 * are called `mail`; cloned machines may share a machine-id; and images of containers contain both.
 */
function isThisMachine(other: ProcessIdentity, self: ProcessIdentity): boolean {
  return (
    other.machine !== undefined &&
    other.machine !== '' &&
    other.machine === self.machine &&
    other.host === self.host &&
    [self.namespace, other.namespace].every((namespace) => namespace === FIRST_NAMESPACE)
  );
}

/** machine-id(5): 32 hexadecimal digits; `uninitialized` in an image that has not booted yet. */
function machineId(): string {
  const text = textOf(() => readFileSync('/etc/machine-id', 'utf8'));
  return /^[0-9a-f]{32}$/.test(text) && !/^0+$/.test(text) ? text : '';
}

function statOf(pid: number): { readonly state: string; readonly started: string } | undefined {
  const text = textOf(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // The second field is the command in brackets, which may contain spaces and brackets itself.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  const started = fields[19];
  return state === undefined || started === undefined ? undefined : { state, started };
}

function textOf(read: () => string): string {
  try {
    return read().trim();
  } catch {
    return '';
  }
}
