// Many certificates, each under its leases while it moves; with `wait`, repeatedly until all are
// idle.
import { sleepUntil } from '../base/clock.ts';
import type { Instant } from '../base/clock.ts';
import type { ExitStatus } from '../base/errors.ts';
import type { Call } from '../ports/call.ts';
import type { Lease } from '../ports/store.ts';
import { needsPerson } from '../rollover/decision.ts';
import { pollInterval } from '../rollover/plan/deploy/polling.ts';
import { CertificateRun } from './advance.ts';
import type { Pause } from './advance.ts';
import { dry } from './state/read-only.ts';
import { failureOf, interruption } from './failed.ts';
import { idle } from './idle.ts';
import { report, summaryOf } from './result.ts';
import type { RunResult, RunSummary } from './result.ts';
import type { Standing } from './standing.ts';
import { giveBack, takeLeases } from './leases.ts';
import { takeOver } from './rename.ts';
import { recordFailure, refuseWhilePaused } from './state/last-failure.ts';
import { Visits } from './visits.ts';
import type { Task, World } from './world.ts';

export interface RunOptions {
  readonly wait: boolean;
  /** With `wait`: the last check. */
  readonly waitUntil?: Instant;
  readonly dryRun: boolean;
  /**
   * The operator named these certificates: they are checked although they are idle, and no pause of
   * holger applies.
   */
  readonly named: boolean;
}

/** In a row, with pauses that double: about half an hour at ordinary TTLs. */
const MOST_SETBACKS = 6;

/** A certificate and the time of its next turn. */
interface Turn {
  readonly task: Task;
  readonly at: Instant;
  /** In progress, and paused. */
  readonly paused?: CertificateRun;
}

/** The same for every turn of a run. */
interface Surroundings {
  readonly world: World;
  readonly options: RunOptions;
  readonly call: Call;
}

/** Many certificates, each at its time: one that waits lets the next one continue. */
export async function run(
  tasks: readonly Task[],
  given: World,
  options: RunOptions,
  call: Call,
): Promise<RunSummary> {
  const world = { ...(options.dryRun ? dry(given) : given), visits: new Visits() };
  const results = new Map<string, RunResult>();
  const told = new Map<string, string>();
  const setbacks = new Map<string, number>();
  const begunAt = world.clock.now();
  const queue: Turn[] = tasks.map((task) => ({
    task: options.named ? insisting(task) : task,
    at: begunAt,
  }));
  for (let turn = queue.shift(); turn !== undefined; turn = queue.shift()) {
    const { task, at } = turn;
    const { name } = task.intent;
    if (!(await sleepUntil(at, world.clock, call.signal))) {
      for (const left of [turn, ...queue]) {
        results.set(left.task.intent.name, interrupted());
        report(left.task, interrupted(), world);
      }
      break;
    }
    const certificateRun = turn.paused ?? new CertificateRun(task, world, options);
    const result = await runOne(turn, certificateRun, { world, options, call });
    if ('kind' in result) {
      enqueue(queue, { task, at: result.until, paused: certificateRun });
      continue;
    }
    results.set(name, result);
    // A long wait is reported once, and again when its reasons change.
    const news = outcomeKey(result);
    if (told.get(name) !== news) report(task, result, world);
    told.set(name, news);
    const { wait, waitUntil = Infinity } = options;
    const goesOn = wait && world.clock.now() < waitUntil;
    const next = goesOn ? nextLook(task, result, world, setbacks) : undefined;
    // --force renews once, not at every check of a long wait.
    if (next !== undefined)
      enqueue(queue, { task: withoutOneTimeOrders(task), at: Math.min(next, waitUntil) });
  }
  return summaryOf(results);
}

/** In the order of their times; at the same time, in the order of arrival. */
function enqueue(queue: Turn[], turn: Turn): void {
  const later = queue.findIndex(({ at }) => at > turn.at);
  queue.splice(later < 0 ? queue.length : later, 0, turn);
}

function interrupted(): RunResult {
  const failure = interruption();
  return { failure, exit: failure.exit };
}

function withoutOneTimeOrders(task: Task): Task {
  const { operation: _done, insists: _once, ...rest } = task;
  return { ...rest, intent: { ...task.intent, force: false } };
}

/** For a named certificate no pause of holger applies. */
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
  // Fail at once on the first attempt, because the operator is watching. Once `--wait` has waited,
  // temporary failures are tolerated.
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
  { task, paused }: Turn,
  certificateRun: CertificateRun,
  { world, options, call }: Surroundings,
): Promise<RunResult | Pause> {
  const begins = paused === undefined;
  const leases: Lease[] = [];
  try {
    const { formerly } = task;
    const mayRest = begins && !options.named && formerly === undefined;
    const resting = mayRest ? await idle(task, world) : undefined;
    if (resting !== undefined) return { standing: resting, exit: 0 };
    if (!options.dryRun) await takeLeases(task, world, leases);
    if (begins && formerly !== undefined) {
      const standing = await takeOver(task, formerly, world, options);
      if (standing !== undefined) return { standing, exit: 0 };
    }
    if (begins && !options.named) await refuseWhilePaused(task, world);
    const standing = await certificateRun.advance(call);
    return standing.kind === 'pause' ? standing : { standing, exit: exitOf(standing) };
  } catch (error) {
    const failure = failureOf(error, task, world, call);
    const news =
      !['INTERRUPTED', 'LOCKED', 'STORE_NEWER'].includes(failure.code) &&
      failure.details['remembered'] !== true;
    if (news && !options.dryRun) await recordFailure(task, failure, world);
    return { failure, exit: failure.exit };
  } finally {
    for (const lease of leases.reverse()) await giveBack(lease, task, world);
  }
}

/** 3 means that time can help. A failure during a wait is not part of the plan. */
function exitOf(standing: Standing): ExitStatus {
  if (!('reasons' in standing)) return 0;
  if (standing.kind === 'blocked') return standing.person ? 4 : 3;
  if (needsPerson(standing.reasons)) return 4;
  return standing.reasons.some(({ needs }) => needs === 'time') ? 3 : 0;
}

function outcomeKey(result: RunResult): string {
  if ('failure' in result) return `${result.failure.code} ${result.failure.message}`;
  const { standing } = result;
  // Its times change with every check.
  return JSON.stringify(
    standing.kind === 'wait' ? { ...standing, until: 0, then: undefined } : standing,
  );
}
