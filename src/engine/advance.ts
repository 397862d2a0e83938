// Moves one certificate as far as it can go now. Each round observes, plans, passes the gates, acts
// and settles; the rounds end when the plan waits.
import type { Instant, Seconds } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { Call } from '../ports/call.ts';
import type { Plan, Step } from '../rollover/decision.ts';
import { needsPerson } from '../rollover/decision.ts';
import { atIssuer, chosenIssuer } from '../rollover/plan/order/issuer.ts';
import { nextNumber } from '../rollover/model.ts';
import type { Lineage } from '../rollover/model.ts';
import { plan } from '../rollover/plan/plan.ts';
import { act } from './act/act.ts';
import { checkIssuer } from './act/order/issuer-check.ts';
import { waitForLimit } from './act/order/limits.ts';
import { findLostStanding } from './act/order/standing-records.ts';
import { withdrawStale } from './act/order/withdraw.ts';
import { settleOrders } from './act/settle-intent.ts';
import { withProspect } from './act/targets.ts';
import { decisionWords, preview, waiting } from './ahead.ts';
import type { Look } from './ahead.ts';
import {
  MAX_STEPS,
  conflictPause,
  hasSteps,
  isWorthStaying,
  newBudget,
  withConflict,
  withLateness,
  withStep,
  withoutStep,
} from './budget.ts';
import type { Budget } from './budget.ts';
import { givesUpRecords, hasLeft, leave } from './departure.ts';
import { failedDeployment, watchServices } from './failed-deployment.ts';
import type { FailedDeployment } from './failed-deployment.ts';
import {
  beginsOrder,
  beginsRenewal,
  isOrderOrDeployment,
  isOrdering,
  isStillPlanned,
  touchesTheWorld,
} from './gates.ts';
import { eager, rest, wake } from './idle.ts';
import { uninterruptible } from './job.ts';
import type { Job } from './job.ts';
import { reportBroken } from './observe/broken-services.ts';
import { servicesAt } from './observe/neighbours.ts';
import { observe } from './observe/observe.ts';
import { preflight } from './observe/preflight.ts';
import { asKeyed } from './observe/request.ts';
import { performOperation } from './operations/operations.ts';
import { rebuild } from './rebuild.ts';
import { askForAdvice, dueAt } from './renewal.ts';
import type { Outcome, Standing } from './standing.ts';
import { readDocument } from './state/documents.ts';
import { Memory, lineageKey } from './state/memory.ts';
import type { Task, World } from './world.ts';

/** If a plan still waits although its time has come. */
const OVERDUE_PAUSE: Seconds = 1;

/** A wait of seconds, for which the run stays. Other certificates may go on meanwhile. */
export interface Pause {
  readonly kind: 'pause';
  readonly until: Instant;
  /** The directory of the CA at which too many orders are under way to place another one. */
  readonly forPlaceAt?: string;
}

/** Of a round; undefined: the next one follows at once. */
type Ending = Standing | Pause | undefined;

type Acted = Outcome | { readonly kind: 'failed'; readonly error: unknown };

export interface AdvanceOptions {
  /** Print the next steps and carry out none. */
  readonly dryRun: boolean;
}

/**
 * What a run does for one certificate. It never sleeps: a pause is a value, and `advance` is called
 * again when it is over. In between it holds neither a lease nor a document: what others did
 * meanwhile is observed like everything else.
 */
export class CertificateRun {
  readonly #given: Task;
  readonly #world: World;
  readonly #options: AdvanceOptions;
  #hasBegun = false;
  #budget: Budget = newBudget(-Infinity);
  #pausedUntil: Instant = Infinity;
  /** A renewal was asked for, and has not begun yet. */
  #forced: boolean;
  /** What was planned before an order. While the order is under way, this decides. */
  #ordering: Look | undefined;
  /** The check that each zone can be written was made. */
  #isChecked = false;
  #failed: FailedDeployment | undefined;
  /** The log has each decision once. */
  #decided = '';

  constructor(task: Task, world: World, options: AdvanceOptions) {
    this.#given = task;
    this.#world = world;
    this.#options = options;
    this.#forced = task.intent.force;
  }

  async advance(call: Call): Promise<Standing | Pause> {
    const job = await this.#load(call);
    let ending: Standing | Pause;
    try {
      ending = await this.#advance(job);
    } catch (error) {
      // What is lost of it is observed, or done, once more; what has failed is what counts.
      await job.memory.flush().catch(() => undefined);
      throw error;
    }
    await job.memory.flush();
    return ending;
  }

  async #advance(job: Job): Promise<Standing | Pause> {
    if (this.#hasBegun) this.#resume();
    else await this.#begin(job);
    const { departed, intent } = job.task;
    if (hasLeft(job)) return { kind: 'gone' };
    if (departed !== undefined && givesUpRecords(job)) return leave(job, departed, this.#options);
    while (hasSteps(this.#budget)) {
      const task = asKeyed(job.task, job.memory.lineage);
      const ending = await this.#round({ ...job, task });
      if (ending !== undefined) return ending;
    }
    throw new AppError('BUG', `${intent.name}: more than ${MAX_STEPS} steps in one run`);
  }

  async #load(call: Call): Promise<Job> {
    const [given, world] = [this.#given, this.#world];
    const services = servicesAt(given).map(({ service }) => service);
    const memory = await Memory.load(world, given.intent, services);
    const settled = await settleOrders({ task: given, memory, world, call });
    const task = this.#withIssuer(settled, memory);
    // Before anything is done, because these documents count at our owners: one of a newer version
    // ends the run.
    const neighbours = [];
    for (const other of task.neighbours) {
      const stored = await readDocument<Lineage>(lineageKey(other.intent.name), world);
      neighbours.push(asKeyed(other, stored?.value));
    }
    return { task: { ...task, neighbours }, memory, world, call };
  }

  #withIssuer(task: Task, { lineage }: Memory): Task {
    const { directory, ...why } = chosenIssuer(task.intent, lineage, this.#now);
    return { ...task, ...why, intent: atIssuer(task.intent, directory) };
  }

  async #begin(job: Job): Promise<void> {
    const { operation, insists } = job.task;
    this.#hasBegun = true;
    this.#budget = newBudget(this.#now);
    if (operation?.kind !== 'adopt') await rebuild(job);
    if (operation !== undefined) await performOperation(job, operation);
    if (insists === true) await eager(job.memory);
    if (this.#options.dryRun || hasLeft(job)) return;
    await findLostStanding(job);
    await withdrawStale(uninterruptible(job));
  }

  /** Its order is under way, or comes next, and goes on in the next turn. */
  get isOrdering(): boolean {
    return this.#ordering !== undefined;
  }

  #hasPlace({ task }: Job, step: Step): boolean {
    const { name, directory } = task.intent;
    if (step.kind !== 'obtain') return true;
    return this.#world.orderPlaces?.take(name, directory) !== false;
  }

  #pauseForPlace({ task }: Job, look: Look): Pause {
    this.#ordering = look;
    this.#pausedUntil = this.#now;
    const forPlaceAt = task.intent.directory;
    return { kind: 'pause', until: this.#pausedUntil, forPlaceAt };
  }

  #resume(): void {
    this.#budget = withLateness(this.#budget, this.#pausedUntil, this.#now);
  }

  /** Observe, plan, gate, act, settle. */
  async #round(job: Job): Promise<Ending> {
    job.call.signal?.throwIfAborted();
    if (this.#failed !== undefined) return this.#pause(await watchServices(job, this.#failed));
    if (!this.#options.dryRun) await askForAdvice(job);
    const look = this.#ordering ?? (await this.#look(job, false));
    const { next } = look;
    this.#log(next);
    const refused = await this.#refuseOrder(job, next);
    if (refused !== undefined) return refused;
    if (this.#options.dryRun) return this.#preview(job, look);
    if (next.kind !== 'step') return this.#stay(job, look, next);
    await wake(job.memory);
    if (!this.#hasPlace(job, next.step)) return this.#pauseForPlace(job, look);
    if (isOrderOrDeployment(next.step)) await this.#beginWork(job);
    this.#budget = withStep(this.#budget);
    if (!(await this.#mayAct(job, next.step))) return undefined;
    return this.#settle(job, look, next.step, await this.#act(job, next.step));
  }

  /** Before the law is asked again: a command of the operator may take minutes. */
  async #beginWork({ call }: Job): Promise<void> {
    await this.#world.work?.begin();
    call.signal?.throwIfAborted();
  }

  /** `fresh`: an act depends on it. */
  async #look(job: Job, fresh: boolean): Promise<Look> {
    const { task, memory } = job;
    const facts = await observe(job, fresh);
    if (!this.#options.dryRun) await reportBroken(job, facts);
    const intent = { ...task.intent, force: this.#forced };
    const now = this.#now;
    return { intent, facts, now, next: plan(intent, facts, dueAt(task, memory.lineage), now) };
  }

  #log(next: Plan): void {
    const decision = decisionWords(next);
    if (decision === this.#decided) return;
    this.#decided = decision;
    this.#world.log.debug('decided', { certificate: this.#given.intent.name, decision });
  }

  /** Before the first order, and before a dry run says that one would be placed. */
  async #refuseOrder(job: Job, next: Plan): Promise<Standing | undefined> {
    const { lineage } = job.memory;
    if (this.#isChecked || !beginsOrder(next, lineage)) return undefined;
    const limit = await waitForLimit(job, nextNumber(lineage), false);
    if (limit !== undefined) {
      return { kind: 'wait', until: limit.until, known: true, reasons: [limit] };
    }
    // A dry run asks no CA.
    const atIssuer = (): Promise<Standing | undefined> =>
      this.#options.dryRun ? Promise.resolve(undefined) : checkIssuer(job);
    const refused = (await preflight(job)) ?? (await atIssuer());
    this.#isChecked = refused === undefined;
    return refused;
  }

  #preview(job: Job, look: Look): Standing | Promise<Standing> {
    const { departed } = job.task;
    const { next } = look;
    if (next.kind === 'step' && isOrderOrDeployment(next.step)) this.#world.work?.foresee();
    if (next.kind !== 'done' || departed === undefined) {
      return preview(look, job.task, job.world);
    }
    return leave(job, departed, this.#options);
  }

  /** Nothing is to be done now. */
  async #stay(
    job: Job,
    look: Look,
    next: Exclude<Plan, { kind: 'step' }>,
  ): Promise<Standing | Pause> {
    const { departed } = job.task;
    if (next.kind === 'done') {
      if (departed !== undefined) return leave(job, departed, this.#options);
      return rest({ ...job, task: this.#given }, next);
    }
    await wake(job.memory);
    if (next.kind === 'blocked') return next;
    const isShort = !next.known && isWorthStaying(this.#budget, next.until, job.memory, this.#now);
    return isShort ? this.#pause(next.until) : waiting(look, next);
  }

  /**
   * The law just before an act, on a fresh look: what clients see may have changed since the plan
   * was made.
   */
  async #mayAct(job: Job, step: Step): Promise<boolean> {
    if (!touchesTheWorld(step)) return true;
    const { next } = await this.#look(job, true);
    return isStillPlanned(step, next);
  }

  async #act(job: Job, step: Step): Promise<Acted> {
    if (beginsRenewal(step)) this.#forced = false;
    try {
      return await act(uninterruptible(job), step);
    } catch (error) {
      return { kind: 'failed', error };
    }
  }

  async #settle(job: Job, look: Look, step: Step, acted: Acted): Promise<Ending> {
    if (acted.kind === 'failed') return this.#settleFailure(job, step, acted.error);
    // While an order is under way, name servers and services decide nothing: they are not asked.
    this.#ordering = isOrdering(step, job.memory.lineage) ? look : undefined;
    if (acted.kind === 'advanced') return undefined;
    this.#budget = withoutStep(this.#budget);
    const { until, soon, reasons } = acted;
    if (soon && until <= this.#budget.patience) return this.#pause(until);
    if (needsPerson(reasons)) return { kind: 'blocked', person: true, reasons };
    return { kind: 'wait', until, known: !soon, reasons };
  }

  async #settleFailure(job: Job, step: Step, error: unknown): Promise<Ending> {
    if (step.kind === 'publish') return this.#settleConflict(error);
    const isPlacing = step.kind === 'deploy' || step.kind === 'reload';
    const isAborted = job.call.signal?.aborted === true;
    if (!isPlacing || !(error instanceof AppError) || isAborted) throw error;
    let reported = error;
    if (step.kind === 'deploy' && job.task.intent.policy.rollbackAfter !== undefined) {
      const { next } = await this.#look(job, true);
      if (next.kind === 'step' && next.step.kind === 'roll-back') return undefined;
      reported = withProspect(error, next.reasons);
    }
    this.#failed = failedDeployment(reported, this.#now);
    return undefined;
  }

  /** Another writer was faster, and nothing was written: what is there now is observed. */
  #settleConflict(error: unknown): Pause {
    const isConflict = error instanceof AppError && error.code === 'UPDATE_CONFLICT';
    const budget = isConflict ? withConflict(this.#budget) : undefined;
    if (budget === undefined) throw error;
    this.#budget = budget;
    return this.#pause(this.#now + conflictPause(budget));
  }

  /** A time that has come changes nothing by itself: the next look comes after a pause. */
  #pause(until: Instant): Pause {
    const now = this.#now;
    this.#pausedUntil = until > now ? until : now + OVERDUE_PAUSE;
    return { kind: 'pause', until: this.#pausedUntil };
  }

  get #now(): Instant {
    return this.#world.clock.now();
  }
}
