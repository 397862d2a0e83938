// What all measurements share. Rounds are interleaved, so that a busy minute of the machine affects
// both sides alike, and medians are taken, so that a few bad rounds do not count.

import { spawnSync } from 'node:child_process';

export interface Figure {
  /** One line, with the target. */
  readonly text: string;
  readonly ok: boolean;
}

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/**
 * Milliseconds that the processor spent on this process: other processes' load does not count,
 * unlike in time by the clock.
 */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/**
 * Median times in milliseconds of `rounds` rounds, each of which runs everything once; two rounds
 * before do not count.
 * @param clock what time it is, in milliseconds
 */
export function interleaved<Name extends string>(
  rounds: number,
  what: Readonly<Record<Name, () => void>>,
  clock: () => number = () => performance.now(),
): Record<Name, number> {
  const names = Object.keys(what) as Name[];
  const times = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = -2; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const from = clock();
      what[name]();
      if (round >= 0) times.get(name)?.push(clock() - from);
    }
  }
  const medians = names.map((name) => [name, median(times.get(name) ?? [])] as const);
  return Object.fromEntries(medians) as Record<Name, number>;
}

/** Runs Node to its end; any failure is an error. */
export function node(...args: readonly string[]): string {
  return nodeUse(...args).output;
}

/** What the process reports on file descriptor 3 when it ends. */
export const PRELOAD = `data:text/javascript,import { writeSync } from 'node:fs';
process.on('exit', () => writeSync(3, String(process.resourceUsage().maxRSS)));`;

/** The same with the most memory that it had. */
export function nodeWithMemory(...args: readonly string[]): {
  readonly output: string;
  readonly megabytes: number;
} {
  const { output, report } = nodeUse('--import', PRELOAD, ...args);
  return { output, megabytes: (Number(report) * 1024) / 1e6 };
}

function nodeUse(...args: readonly string[]) {
  const { status, output } = spawnSync(process.execPath, args, {
    ...{ encoding: 'utf8', maxBuffer: Infinity },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const [, stdout, stderr, report] = output.map((text) => text ?? '');
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}: ${stderr}`);
  return { output: stdout ?? '', report };
}

export function ms(time: number): string {
  return `${time < 10 ? time.toFixed(2) : time.toFixed(0)} ms`;
}
