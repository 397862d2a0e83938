// Runs the built command as an operator's timer does, and passes on its events as they come.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import type { Lab } from './lab.ts';

export type HolgerEvent = Readonly<Record<string, unknown>> & { readonly event: string };

export interface HolgerRun {
  readonly status: number;
  /** Which ended it, if it did not end by itself. */
  readonly signal: NodeJS.Signals | null;
  readonly events: readonly HolgerEvent[];
  readonly stderr: string;
  /** The output of a run that failed, for the message of a test that did not expect that. */
  readonly told: string;
}

export const holgerCommand = (lab: Lab, config: string, ...args: string[]): string[] => [
  ...[process.execPath, join(process.cwd(), 'dist/holger.mjs')],
  ...['--config', config, '--state', join(lab.dir, 'holger'), ...args],
];

/** Of an installation whose configuration names its state folder (writeInstallation). */
export const installationCommand = (config: string, ...args: string[]): string[] => [
  ...[process.execPath, join(process.cwd(), 'dist/holger.mjs')],
  ...['--config', config, ...args],
];

export async function runHolger(
  lab: Lab,
  argv: readonly string[],
  onEvent: (event: HolgerEvent, send: (signal: NodeJS.Signals) => void) => void = () => {},
  signal?: AbortSignal,
  onLog: (line: string) => void = () => {},
): Promise<HolgerRun> {
  signal?.throwIfAborted();
  const [command = '', ...args] = argv;
  const env = { ...process.env, ...lab.env };
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = (): void => void child.kill('SIGKILL'); // it must write nothing more into a folder that is removed
  signal?.addEventListener('abort', kill, { once: true });
  const events: HolgerEvent[] = [];
  let stderr = '';
  createInterface({ input: child.stderr }).on('line', (line) => {
    stderr += `${line}\n`;
    onLog(line);
  });
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    const event = parseEvent(line);
    if (event === undefined) return;
    events.push(event);
    onEvent(event, (wanted) => void child.kill(wanted));
  });
  const ended = await new Promise<Pick<HolgerRun, 'status' | 'signal'>>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, by) => resolve({ status: code ?? 1, signal: by }));
  });
  signal?.removeEventListener('abort', kill);
  signal?.throwIfAborted();
  return { ...ended, events, stderr, told: toldBy(events, stderr) };
}

const toldBy = (events: readonly HolgerEvent[], stderr: string): string =>
  [...events.filter(({ event }) => event === 'failed' || event === 'blocked'), stderr]
    .map((each) => (typeof each === 'string' ? each : JSON.stringify(each)))
    .join('\n');

function parseEvent(line: string): HolgerEvent | undefined {
  if (line.trim() === '') return undefined;
  const value: unknown = JSON.parse(line);
  const isEvent = typeof value === 'object' && value !== null && 'event' in value;
  if (!isEvent || typeof value.event !== 'string') throw new Error(`no event: ${line}`);
  return { ...value, event: value.event };
}
