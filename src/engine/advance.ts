// Moves one certificate as far as it can go now: observe, plan, save, act, observe … until the plan
// says wait.
import type { Instant, Seconds } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { Call } from '../ports/call.ts';
import { isJustTold } from '../rollover/attempts.ts';
import { brokenServices, isOpen } from '../rollover/plan/deploy/broken-services.ts';
import type { Plan, Step } from '../rollover/decision.ts';
import { needsPerson } from '../rollover/decision.ts';
import type { Facts } from '../rollover/law/facts.ts';
import { isProven, liveGeneration, stagedGeneration } from '../rollover/model.ts';
import type { Intent } from '../rollover/model.ts';
import { plan } from '../rollover/plan/plan.ts';
import { nextVisitAt } from '../rollover/plan/deploy/polling.ts';
import { act } from './act/act.ts';
import { decisionWords, preview, waiting } from './ahead.ts';
import type { Look } from './ahead.ts';
import { tellBroken } from './broken-services.ts';
import { withdrawChallenges } from './act/challenges.ts';
import { readDocument } from './state/documents.ts';
import { farewell } from './act/archive.ts';
import { eager, rest, wake } from './idle.ts';
import { intervene } from './operations.ts';
import { Memory, lineageKey } from './state/memory.ts';
import { servicesAt } from './observe/neighbours.ts';
import { observe, visitServices } from './observe/observe.ts';
import type { Outcome } from './act/outcome.ts';
import { preflight } from './observe/preflight.ts';
import { rebuild } from './rebuild.ts';
import { askForAdvice, dueAt } from './renewal.ts';
import { settleOrders } from './act/settle-intent.ts';
import type { Standing } from './standing.ts';
import { withProspect } from './act/targets.ts';
import type { Departed, Task, World } from './world.ts';

/**
 * In one run: how long it stays for things that take seconds (a CA's answer, a secondary, a
 * reload).
 */
const PATIENCE: Seconds = 60;
/**
 * More acts than any rollover has, waits not counted: a planner that goes in circles is a bug, not
 * a load on somebody's servers.
 */
const MOST_STEPS = 200;
/** How often in one run somebody else may change an RRset between our look and our write. */
const MOST_CONFLICTS = 4;
/**
 * After a reload that failed: so long it is watched whether the service still works. It has
 * restarted by then.
 */
const WATCH: Seconds = 20;

/**
 * Whoever asks the run to stop: an act in hand is finished and written down. Its own deadlines end
 * it.
 */
const TO_ITS_END: Call = {};

/** Something that takes seconds is waited for: others may go on meanwhile. */
export interface Pause {
  readonly kind: 'pause';
  readonly until: Instant;
}

export interface AdvanceOptions {
  /** Print what is ahead and do none of it. */
  readonly dryRun: boolean;
}

function touchesTheWorld(step: Step): boolean {
  return ['publish', 'deploy', 'reload', 'repair'].includes(step.kind);
}

/** Where a plan waits for a time that has come, and still waits. */
const OVERDUE_PAUSE: Seconds = 1;

/**
 * One certificate on its way through a run. It never sleeps: a pause is a value, and whoever holds
 * it calls again. In between nothing is held, neither a lease nor a document: what others did
 * meanwhile is one more observation.
 */
export class Passage {
  readonly #given: Task;
  /** As the operator's word on records has it. */
  #task: Task;
  readonly #world: World;
  readonly #options: AdvanceOptions;
  #forced: boolean;
  #patienceEnds: Instant | undefined;
  #pausedUntil: Instant = Infinity;
  #ordering: Look | undefined;
  /** For the log: a decision is told once. */
  #decided = '';
  #beaten = 0;
  /** Each zone was asked whether it can be written. */
  #checked = false;
  #steps = 0;
  /** A deployment that failed, and until when its services are watched before that is told. */
  #failed: { readonly error: AppError; readonly until: Instant } | undefined;

  constructor(task: Task, world: World, options: AdvanceOptions) {
    this.#given = task;
    this.#task = task;
    this.#world = world;
    this.#options = options;
    this.#forced = task.intent.force;
  }

  async go(call: Call): Promise<Standing | Pause> {
    const given = this.#given;
    const services = servicesAt(given).map(({ service }) => service);
    const memory = await Memory.load(this.#world, given.intent, services);
    const task = await settleOrders(given, memory, this.#world);
    this.#task = task;
    // Before anything is done: what they say counts at our owners.
    for (const { intent } of task.neighbours) {
      await readDocument(lineageKey(intent.name), this.#world);
    }
    if (this.#patienceEnds === undefined) await this.#begin(memory, call);
    else this.#patienceEnds += Math.max(0, this.#world.clock.now() - this.#pausedUntil);
    // It left in another run, and must not begin anew.
    if (hasLeft(task, memory)) return { kind: 'gone' };
    if (task.departed !== undefined && givesUpRecords(memory)) {
      return leave(task, task.departed, memory, this.#world, this.#options);
    }
    while (this.#steps < MOST_STEPS) {
      const ended = await this.#next(memory, call);
      if (ended !== undefined) return ended;
    }
    throw new AppError('BUG', `${task.intent.name}: more than ${MOST_STEPS} steps in one run`);
  }

  async #begin(memory: Memory, call: Call): Promise<void> {
    const { intervention } = this.#task;
    this.#patienceEnds = this.#world.clock.now() + PATIENCE;
    if (intervention?.kind !== 'adopt') await rebuild(this.#task, memory, this.#world, call);
    if (intervention !== undefined) {
      await intervene(intervention, this.#task, memory, this.#world, call);
    }
    if (this.#task.insists === true) await eager(memory);
    const gone = hasLeft(this.#task, memory);
    if (!this.#options.dryRun && !gone) await tidy(this.#task, memory, this.#world, TO_ITS_END);
  }

  /**
   * A time that is over already changes nothing by itself: it is no reason to look again and again
   * without a pause.
   */
  #pause(until: Instant): Pause {
    const now = this.#world.clock.now();
    this.#pausedUntil = until > now ? until : now + OVERDUE_PAUSE;
    return { kind: 'pause', until: this.#pausedUntil };
  }

  /** One look and what follows from it; undefined: look again at once. */
  async #next(memory: Memory, call: Call): Promise<Standing | Pause | undefined> {
    call.signal?.throwIfAborted();
    const world = this.#world;
    if (this.#failed !== undefined) return this.#watch(this.#failed, memory, call);
    if (!this.#options.dryRun) await askForAdvice(memory, world, call);
    const seen = this.#ordering ?? (await this.#look(memory, call, false));
    const { next } = seen;
    this.#log(next);
    // Before the first order, and before a dry run says that there would be one.
    if (!this.#checked && beginsOrder(next, memory)) {
      const refused = await preflight(this.#task, memory, world, call);
      if (refused !== undefined) return refused;
      this.#checked = true;
    }
    const { departed } = this.#task;
    if (next.kind === 'done' && departed !== undefined) {
      return leave(this.#task, departed, memory, world, this.#options);
    }
    if (this.#options.dryRun) return preview(seen, this.#task, world);
    if (next.kind === 'done') return rest(next, this.#given, memory, world);
    await wake(memory);
    if (next.kind === 'blocked') return next;
    if (next.kind === 'wait') {
      const isLong = next.known || !this.#isSoon(next.until, memory);
      return isLong ? waiting(seen, next) : this.#pause(next.until);
    }
    this.#steps += 1;
    // The law just before the act, on a fresh look: the world may have moved since the plan was
    // made.
    if (touchesTheWorld(next.step)) {
      const { next: again } = await this.#look(memory, call, true);
      if (!isSame(again, next)) return undefined;
    }
    return this.#act(next.step, seen, memory, call);
  }

  #log(next: Plan): void {
    const decision = decisionWords(next);
    if (decision === this.#decided) return;
    this.#decided = decision;
    this.#world.log.debug('decided', { certificate: this.#task.intent.name, decision });
  }

  async #act(
    step: Step,
    seen: Look,
    memory: Memory,
    call: Call,
  ): Promise<Standing | Pause | undefined> {
    if (beginsRenewal(step)) this.#forced = false;
    let outcome: Outcome;
    try {
      outcome = await act(step, this.#task, memory, this.#world, TO_ITS_END);
    } catch (error) {
      return this.#afterFailure(step, error, memory, call);
    }
    // While an order is under way nothing is decided by name servers and services: they are left in
    // peace.
    this.#ordering = isOrdering(step, memory) ? seen : undefined;
    if (outcome.kind !== 'wait') return undefined;
    // A wait is no step.
    this.#steps -= 1;
    const { until, soon, reasons } = outcome;
    if (soon && until <= this.#patience) return this.#pause(until);
    if (needsPerson(reasons)) return { kind: 'blocked', person: true, reasons };
    return { kind: 'wait', until, known: !soon, reasons };
  }

  async #afterFailure(
    step: Step,
    error: unknown,
    memory: Memory,
    call: Call,
  ): Promise<Pause | undefined> {
    if (step.kind === 'publish') {
      this.#beaten += 1;
      if (!isBeaten(error) || this.#beaten > MOST_CONFLICTS) throw error;
      return this.#pause(this.#world.clock.now() + 2 ** this.#beaten / 4);
    }
    const places = step.kind === 'deploy' || step.kind === 'reload';
    if (!places || !(error instanceof AppError) || call.signal?.aborted === true) throw error;
    let told = error;
    if (step.kind === 'deploy' && this.#task.intent.policy.rollbackAfter !== undefined) {
      const { next: after } = await this.#look(memory, call, true);
      if (after.kind === 'step' && after.step.kind === 'roll-back') return undefined;
      told = withProspect(error, after.reasons);
    }
    this.#failed = { error: told, until: this.#world.clock.now() + WATCH };
    return undefined;
  }

  /**
   * A failure is told with what it did to the services: one that worked before and does not now
   * cannot wait for the next run.
   */
  async #watch(
    { error, until }: { readonly error: AppError; readonly until: Instant },
    memory: Memory,
    call: Call,
  ): Promise<Pause> {
    await visitServices(this.#task, memory, this.#world, call, false);
    await tellBroken(this.#task, memory, memory, this.#world);
    const now = this.#world.clock.now();
    const live = liveGeneration(memory.lineage);
    if (live === undefined) throw error;
    const broken = brokenServices(live, this.#task.intent, memory, now);
    if (broken.length > 0) throw tellWith(error, broken);
    if (now >= until || !isOpen(live, this.#task.intent, memory)) throw error;
    return this.#pause(
      Math.min(until, nextVisitAt({ ...live, deployedAt: live.placedAt ?? now }, now)),
    );
  }

  async #look(memory: Memory, call: Call, fresh: boolean): Promise<Look> {
    const facts = await this.#observe(memory, call, fresh);
    const intent: Intent = { ...this.#task.intent, force: this.#forced };
    const now = this.#world.clock.now();
    return {
      intent,
      facts,
      now,
      next: plan(intent, facts, dueAt(this.#task, memory.lineage), now),
    };
  }

  async #observe(memory: Memory, call: Call, fresh: boolean): Promise<Facts> {
    const facts = await observe(this.#task, memory, this.#world, call, fresh);
    if (!this.#options.dryRun) await tellBroken(this.#task, facts, memory, this.#world);
    return facts;
  }

  get #patience(): Instant {
    return this.#patienceEnds ?? 0;
  }

  /**
   * A write or a reload shows within seconds; a secondary that lags, or a person, may take hours
   * and is not stayed for.
   */
  #isSoon(until: Instant, memory: Memory): boolean {
    const live = liveGeneration(memory.lineage);
    const now = this.#world.clock.now();
    const proving = live === undefined || !isProven(live) || isJustTold(live, now);
    const age = Object.values(memory.owners)
      .flatMap(({ writes }) => writes.filter(({ byHand }) => byHand !== true))
      .map(({ at }) => now - at);
    return (
      until <= this.#patience &&
      ((proving && memory.lineage.generations.length > 0) || age.some((a) => a < 10))
    );
  }
}

/** Somebody was quicker and nothing was written: what he wrote is one more thing to look at. */
function isBeaten(error: unknown): boolean {
  return error instanceof AppError && error.code === 'UPDATE_CONFLICT';
}

function tellWith(
  error: AppError,
  broken: readonly { readonly because: string; readonly hint?: string }[],
): AppError {
  const hints = [...new Set(broken.flatMap(({ hint }) => hint ?? [])), error.hint ?? []].flat();
  const message = [...broken.map(({ because }) => because), error.message].join('; ');
  return new AppError('SERVICE_BROKEN', message, {
    hint: hints.join('; '),
    details: error.details,
    cause: error,
  });
}

function beginsRenewal(step: Step): boolean {
  return step.kind === 'obtain' || (step.kind === 'create-key' && step.ahead === undefined);
}

function beginsOrder(next: Plan, { lineage }: Memory): boolean {
  if (next.kind !== 'step') return false;
  if (next.step.kind === 'create-key') return next.step.ahead === undefined;
  return next.step.kind === 'obtain' && stagedGeneration(lineage)?.orderUrl === undefined;
}

function isOrdering(step: Step, memory: Memory): boolean {
  const staged = stagedGeneration(memory.lineage);
  // A key that the CA does not take ends the order: what comes next is the planner's word.
  return step.kind === 'obtain' && staged?.state === 'key' && staged.keyRefused !== true;
}

function isSame(a: Plan, b: Plan): boolean {
  return (
    a.kind === 'step' && b.kind === 'step' && JSON.stringify(a.step) === JSON.stringify(b.step)
  );
}

/** TXT records that a broken-off run left behind, once no order is under way that may need them. */
async function tidy(task: Task, memory: Memory, world: World, call: Call): Promise<void> {
  const ordering = memory.lineage.generations.some(
    ({ state, orderUrl }) => state === 'key' && orderUrl !== undefined,
  );
  const leaving = memory.lineage.orders?.leaving !== undefined;
  if ((leaving || !ordering) && memory.lineage.challengeRecords.length > 0) {
    await withdrawChallenges(task, memory, world, call);
  }
}

function hasLeft({ departed }: Task, { lineage }: Memory): boolean {
  return departed !== undefined && lineage.orders?.leaving === undefined;
}

function givesUpRecords({ lineage }: Memory): boolean {
  return lineage.orders?.leaving?.keepRecords === true;
}

async function leave(
  task: Task,
  departed: Departed,
  memory: Memory,
  world: World,
  { dryRun }: AdvanceOptions,
): Promise<Standing> {
  if (!dryRun) return farewell(task, departed, memory, world);
  const step = 'put its keys and chains into the archive, and forget it';
  const [certificate, at] = [task.intent.name, world.clock.now()];
  const way = [{ stage: 'forget', at }] as const;
  world.emit({ event: 'planned', certificate, at, step, way, targets: [] });
  return { kind: 'planned', step };
}
