// What systemd is told about this process (sd_notify(3), Type=notify). Its socket takes datagrams,
// for which Node has no socket; `systemd-notify` is part of systemd, so it is there wherever
// something listens. It may only speak for this process with NotifyAccess=all in the unit.
import type { Seconds } from '../base/clock.ts';
import { reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { runCommand } from './run-command.ts';

export interface ServiceManager {
  /** The configuration is in use; `status`: one line for `systemctl status`. */
  ready(status: string): void;
  status(text: string): void;
  /** The configuration is read again. `ready` follows in every case. */
  reloading(): void;
  /** Resolves when systemd has it. */
  stopping(): Promise<void>;
}

interface Environment {
  readonly NOTIFY_SOCKET?: string | undefined;
  readonly WATCHDOG_USEC?: string | undefined;
  readonly WATCHDOG_PID?: string | undefined;
}

const TIMEOUT: Seconds = 10;

/** Without systemd, nothing is told and nothing is started. */
export function openServiceManager(
  env: Environment,
  log: Logger,
  program = 'systemd-notify',
): ServiceManager {
  const { NOTIFY_SOCKET: socket = '' } = env;
  if (socket === '') return { ready: nop, status: nop, reloading: nop, stopping: resolved };
  // One after the other: READY=1 must not overtake RELOADING=1.
  let last = Promise.resolve();
  const tell = (...lines: readonly string[]): Promise<void> =>
    (last = last.then(() => send([program, ...lines], socket, log)));
  const watchdog = setInterval(() => void tell('WATCHDOG=1'), halfOf(env) ?? 0x7fffffff);
  watchdog.unref();
  return {
    ready: (status) => void tell('READY=1', statusLine(status)),
    status: (text) => void tell(statusLine(text)),
    reloading: () => void tell('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`),
    stopping: async () => {
      await tell('STOPPING=1');
      clearInterval(watchdog);
    },
  };
}

const nop = (): void => undefined;
const resolved = (): Promise<void> => Promise.resolve();

const statusLine = (text: string): string => `STATUS=${text.replace(/[\u0000-\u001f]+/g, ' ')}`;

/** Milliseconds; undefined: no watchdog waits for this process (sd_watchdog_enabled(3)). */
function halfOf({ WATCHDOG_USEC: time, WATCHDOG_PID: pid }: Environment): number | undefined {
  const microseconds = Number(time);
  const isOurs = pid === undefined || Number(pid) === process.pid;
  return isOurs && microseconds > 0 ? Math.max(500, microseconds / 2000) : undefined;
}

async function send(argv: readonly string[], socket: string, log: Logger): Promise<void> {
  try {
    const outcome = await runCommand(argv, { env: { NOTIFY_SOCKET: socket }, timeout: TIMEOUT });
    if (outcome.status === 'exited' && outcome.exitStatus === 0) return;
    log.warn('systemd was not told', { what: argv[1], outcome });
  } catch (error) {
    log.warn('systemd was not told', { what: argv[1], detail: reasonOf(error) });
  }
}
