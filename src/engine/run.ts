// Many certificates at the same time, each under its leases while it moves; with `wait`, repeatedly
// until all are idle.
import type { Instant } from '../base/clock.ts';
import type { ExitStatus } from '../base/errors.ts';
import type { Call } from '../ports/call.ts';
import type { DueIndex } from './due-index.ts';
import type { Lease } from '../ports/store.ts';
import { needsPerson } from '../rollover/decision.ts';
import { pollInterval } from '../rollover/plan/deploy/polling.ts';
import { Accounts } from './accounts.ts';
import { CertificateRun } from './advance.ts';
import type { Pause } from './advance.ts';
import { dry } from './state/read-only.ts';
import { failureOf, interruption } from './failed.ts';
import { idle } from './idle.ts';
import { report, summaryOf } from './result.ts';
import type { RunResult, RunSummary } from './result.ts';
import type { Standing } from './standing.ts';
import { giveBack, leasesOf, takeLeases } from './leases.ts';
import { CaaAnswers } from './caa-answers.ts';
import { OrderPlaces } from './order-places.ts';
import { takeOver } from './rename.ts';
import { answer, askedAt } from './state/asked.ts';
import { recordFailure, refuseWhilePaused } from './state/last-failure.ts';
import { takeTurns, Turns } from './turns.ts';
import type { Turn } from './turns.ts';
import { Visits } from './visits.ts';
import { WorkSpan } from './work-span.ts';
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
  /** How many certificates move at the same time. */
  readonly parallel: number;
  /** How many orders are under way at the same time at one CA. */
  readonly orders: number;
  /** Absent: the documents of idle certificates are read. */
  readonly index?: DueIndex;
}

/** In a row, with pauses that double: about half an hour at ordinary TTLs. */
const MOST_SETBACKS = 6;

/** A certificate and the time of its next turn. */
interface CertificateTurn extends Turn {
  readonly task: Task;
  /** In progress, and paused. */
  readonly paused?: CertificateRun;
}

/** The same for every turn of a run. */
interface Surroundings {
  readonly world: World;
  readonly options: RunOptions;
  readonly call: Call;
}

/** Many certificates at the same time, each at its time: one that waits holds no place. */
export async function run(
  tasks: readonly Task[],
  given: World,
  options: RunOptions,
  call: Call,
): Promise<RunSummary> {
  const { clock } = given;
  const orderPlaces = new OrderPlaces(options.orders);
  const work = new WorkSpan(given);
  const caaAnswers = new CaaAnswers(clock);
  const shared = { visits: new Visits(), accounts: new Accounts(), orderPlaces, work, caaAnswers };
  const world = { ...(options.dryRun ? dry(given) : given), ...shared };
  const course = new Course({ world, options, call });
  const turns = new Turns<CertificateTurn>();
  const begunAt = clock.now();
  for (const each of tasks) {
    const task = options.named ? insisting(each) : each;
    turns.add({ task, at: begunAt, needs: needsOf(task) });
  }
  const between = (): Promise<void> => (isBetween(turns) ? work.end() : Promise.resolve());
  const pace = { most: options.parallel, clock, signal: call.signal, between };
  try {
    await takeTurns(turns, pace, async (turn) => {
      const next = await course.take(turn);
      if (next !== undefined) turns.add(next);
    });
  } finally {
    await work.end();
  }
  for (const { task } of turns.rest()) course.end(task, interrupted());
  return summaryOf(inOrder(tasks, course.results), work.exit);
}

/** With `wait`: every certificate waits for a later look, and none for seconds. */
function isBetween(turns: Turns<CertificateTurn>): boolean {
  return turns.rest().every(({ paused }) => paused === undefined);
}

/** What one turn holds: its leases, and the names that its challenges are about. */
function needsOf(task: Task): readonly string[] {
  const proven = task.intent.domains.map((domain) => `challenge/${domain.replace(/^\*\./, '')}`);
  return [...leasesOf(task), ...new Set(proven)];
}

/** As they were given, whichever ended first. */
function inOrder(
  tasks: readonly Task[],
  results: ReadonlyMap<string, RunResult>,
): ReadonlyMap<string, RunResult> {
  return new Map(
    tasks.flatMap(({ intent: { name } }) => {
      const result = results.get(name);
      return result === undefined ? [] : [[name, result] as const];
    }),
  );
}

/** What has become of the certificates so far. */
class Course {
  readonly results = new Map<string, RunResult>();
  readonly #surroundings: Surroundings;
  readonly #told = new Map<string, string>();
  readonly #setbacks = new Map<string, number>();

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /** @returns the next turn of the same certificate; undefined: it has ended */
  async take(turn: CertificateTurn): Promise<CertificateTurn | undefined> {
    const { world, options } = this.#surroundings;
    const { task, needs } = turn;
    const { name } = task.intent;
    const certificateRun = turn.paused ?? new CertificateRun(task, world, options);
    const result = await runOne(turn, certificateRun, this.#surroundings);
    const places = world.orderPlaces;
    const isPause = 'kind' in result;
    const keepsPlace = isPause && certificateRun.isOrdering && result.forPlaceAt === undefined;
    if (!keepsPlace) places?.leave(name);
    if (isPause) {
      const { until, forPlaceAt } = result;
      const next = { task, at: until, needs, paused: certificateRun };
      if (forPlaceAt === undefined) return next;
      return {
        ...next,
        mayBegin: () => places?.isFree(forPlaceAt) !== false,
        begin: () => places?.take(name, forPlaceAt),
      };
    }
    this.end(task, result);
    const { wait, waitUntil = Infinity } = options;
    if (!wait || world.clock.now() >= waitUntil) return undefined;
    const next = nextLook(task, result, world, this.#setbacks);
    if (next === undefined) return undefined;
    // --force renews once, not at every check of a long wait.
    return { task: withoutOneTimeOrders(task), at: Math.min(next, waitUntil), needs };
  }

  /** A long wait is reported once, and again when its reasons change. */
  end(task: Task, result: RunResult): void {
    const { name } = task.intent;
    const news = outcomeKey(result);
    this.results.set(name, result);
    if (this.#told.get(name) !== news) report(task, result, this.#surroundings.world);
    this.#told.set(name, news);
  }
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
  { task, paused }: CertificateTurn,
  certificateRun: CertificateRun,
  { world, options, call }: Surroundings,
): Promise<RunResult | Pause> {
  const begins = paused === undefined;
  const leases: Lease[] = [];
  try {
    const { formerly } = task;
    const mayRest = begins && !options.named && formerly === undefined;
    const resting = mayRest ? await idle(task, world, options.index) : undefined;
    if (resting !== undefined) return { standing: resting, exit: 0, isResting: true };
    if (!options.dryRun) await takeLeases(task, world, leases);
    if (begins && formerly !== undefined) {
      const standing = await takeOver(task, formerly, world, options);
      if (standing !== undefined) return { standing, exit: 0 };
    }
    if (begins && !options.named) await refuseWhilePaused(task, world);
    const asked = options.dryRun ? undefined : await askedAt(task, world);
    const standing = await certificateRun.advance(call);
    if (standing.kind === 'pause') return standing;
    await answer(task, asked, world);
    return { standing, exit: exitOf(standing) };
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
