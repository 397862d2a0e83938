// Many certificates, one after the other, each under its leases; with `wait`, again and again until all are at rest.
import type { Instant } from '../base/clock.ts';
import { AppError, outOfResources, reasonOf } from '../base/errors.ts';
import type { ExitStatus } from '../base/errors.ts';
import type { Call } from '../ports/call.ts';
import type { Lease } from '../ports/store.ts';
import { pollInterval } from '../rollover/polling.ts';
import { advance, idle } from './advance.ts';
import type { Standing } from './standing.ts';
import { dry } from './dry.ts';
import { giveBack, takeLeases } from './leases.ts';
import { heed, note } from './trouble.ts';
import type { Task, World } from './world.ts';

export interface RunOptions {
  readonly wait: boolean;
  /** With `wait`: the last look. */
  readonly waitUntil?: Instant;
  readonly dryRun: boolean;
  /** The operator named these certificates: they are looked at although they rest, and a back-off of ours does not hold him up. */
  readonly named: boolean;
}

export type RunResult =
  | { readonly standing: Standing; readonly exit: ExitStatus }
  | { readonly failure: AppError; readonly exit: ExitStatus };

export interface RunSummary {
  /** With several certificates the first that applies of 70, 2, 4, 3, 5, 0. */
  readonly exit: ExitStatus;
  readonly results: ReadonlyMap<string, RunResult>;
}

/** In a row, with pauses that double: about half an hour at ordinary TTLs. */
const MOST_SETBACKS = 6;
const WORST: readonly ExitStatus[] = [70, 2, 4, 3, 5, 0];

export async function run(
  tasks: readonly Task[],
  given: World,
  options: RunOptions,
  call: Call,
): Promise<RunSummary> {
  const world = options.dryRun ? dry(given) : given;
  const results = new Map<string, RunResult>();
  const told = new Map<string, string>();
  const setbacks = new Map<string, number>();
  let waiting = tasks.map((task) => (options.named ? insisting(task) : task));
  while (waiting.length > 0) {
    const later: { readonly task: Task; readonly at: Instant }[] = [];
    for (const task of waiting) {
      const result = await runOne(task, world, options, call);
      results.set(task.intent.name, result);
      // A long wait is told once, and again when its reasons change.
      const news = gist(result);
      if (told.get(task.intent.name) !== news) report(task, result, world);
      told.set(task.intent.name, news);
      const { wait, waitUntil = Infinity } = options;
      const goesOn = wait && world.clock.now() < waitUntil;
      const next = goesOn ? nextLook(task, result, world, setbacks) : undefined;
      const at = next === undefined ? undefined : Math.min(next, waitUntil);
      // Forcing renews once, not at every look of a long wait.
      if (at !== undefined) later.push({ task: calm(task), at });
    }
    if (later.length === 0) break;
    const wake = Math.min(...later.map(({ at }) => at));
    waiting = later.map(({ task }) => task);
    if (await sleepUntil(wake, world, call)) continue;
    for (const task of waiting) {
      const result = interrupted();
      results.set(task.intent.name, result);
      report(task, result, world);
    }
    break;
  }
  const exits = [...results.values()].map(({ exit }) => exit);
  return { exit: WORST.find((exit) => exits.includes(exit)) ?? 0, results };
}

/** False when the run was asked to stop meanwhile. */
async function sleepUntil(wake: Instant, world: World, call: Call): Promise<boolean> {
  try {
    await world.clock.sleep(Math.max(0, wake - world.clock.now()), call.signal);
    return true;
  } catch (error) {
    if (call.signal?.aborted === true) return false;
    throw error;
  }
}

function interrupted(): RunResult {
  const failure = new AppError('INTERRUPTED', 'the run was asked to stop', {
    hint: 'what was begun is saved; the next run goes on from there',
  });
  return { failure, exit: failure.exit };
}

function calm(task: Task): Task {
  const { intervention: _done, insists: _once, ...rest } = task;
  return { ...rest, intent: { ...task.intent, force: false } };
}

/** Whoever names a certificate does not wait for pauses of ours. */
function insisting(task: Task): Task {
  return { ...task, insists: true };
}

function nextLook(
  task: Task,
  result: RunResult,
  world: World,
  setbacks: Map<string, number>,
): Instant | undefined {
  const now = world.clock.now();
  const poll = pollInterval(task.intent);
  const { name } = task.intent;
  if ('standing' in result && result.standing.kind === 'wait') {
    setbacks.set(name, 0);
    return Math.max(Math.min(result.standing.until, now + 3600), now + poll / 4);
  }
  // Whoever is at the terminal is told at once. A run that has waited already, perhaps into the night, outlives what passes.
  const before = setbacks.get(name);
  if (before === undefined || before === MOST_SETBACKS || !mayPass(result)) return undefined;
  setbacks.set(name, before + 1);
  const asked = 'failure' in result ? (result.failure.notBefore ?? 0) : 0;
  return asked > now + 3600 ? undefined : Math.max(asked, now + poll * 2 ** before);
}

function mayPass(result: RunResult): boolean {
  if ('standing' in result) return result.standing.kind === 'blocked' && !result.standing.person;
  return result.exit === 3 && result.failure.code !== 'INTERRUPTED';
}

async function runOne(
  task: Task,
  world: World,
  options: RunOptions,
  call: Call,
): Promise<RunResult> {
  const leases: Lease[] = [];
  try {
    const resting = options.named ? undefined : await idle(task, world);
    if (resting !== undefined) return { standing: resting, exit: 0 };
    if (!options.dryRun) await takeLeases(task, world, leases);
    if (!options.named) await heed(task, world);
    const standing = await advance(task, world, options, call);
    const exit = standing.kind === 'blocked' ? (standing.person ? 4 : 3) : 0;
    return { standing, exit };
  } catch (error) {
    // An act that failed although it was let finish has failed.
    const failed = error instanceof AppError && error.code !== 'INTERRUPTED';
    if (call.signal?.aborted === true && !failed) return interrupted();
    const failure =
      error instanceof AppError
        ? error
        : (outOfResources(error) ?? new AppError('BUG', reasonOf(error), { cause: error }));
    if (failure.code === 'BUG') {
      const stack = error instanceof Error ? error.stack : undefined;
      world.log.error('unexpected error', { certificate: task.intent.name, stack });
    }
    const news =
      !['LOCKED', 'STORE_NEWER'].includes(failure.code) && failure.details['remembered'] !== true;
    if (news && !options.dryRun) await note(task, failure, world);
    return { failure, exit: failure.exit };
  } finally {
    for (const lease of leases.reverse()) await giveBack(lease, task, world);
  }
}

function gist(result: RunResult): string {
  if ('failure' in result) return `${result.failure.code} ${result.failure.message}`;
  const { standing } = result;
  // Its times move with every look.
  return JSON.stringify(
    standing.kind === 'wait' ? { ...standing, until: 0, then: undefined } : standing,
  );
}

function report(task: Task, result: RunResult, world: World): void {
  const base = { certificate: task.intent.name, at: world.clock.now() };
  if ('failure' in result) {
    const { code, message, hint, exit } = result.failure;
    world.emit({
      ...base,
      event: 'failed',
      code,
      message,
      ...(hint === undefined ? {} : { hint }),
      exit,
    });
    return;
  }
  const { standing } = result;
  if (standing.kind === 'planned') return;
  if (standing.kind === 'gone') {
    const { archive } = standing;
    world.emit({ ...base, event: 'deleted', ...(archive === undefined ? {} : { archive }) });
    return;
  }
  if (standing.kind === 'done') world.emit({ ...base, event: 'done', until: standing.until });
  else if (standing.kind === 'wait') {
    const { kind: _, ...wait } = standing;
    world.emit({ ...base, event: 'waiting', ...wait });
  } else {
    const { person, reasons } = standing;
    world.emit({ ...base, event: 'blocked', person, reasons });
  }
}
