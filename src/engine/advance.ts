// Moves one certificate as far as it can go now: observe, plan, save, act, observe … until the plan says wait.
import type { Instant } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { Call } from '../ports/call.ts';
import type { Plan, Reason, Step } from '../rollover/decision.ts';
import { ownersOf } from '../rollover/facts.ts';
import type { Intent } from '../rollover/model.ts';
import { ofReturning } from '../rollover/going-back.ts';
import { liveGeneration, stagedGeneration } from '../rollover/model.ts';
import { plan } from '../rollover/plan.ts';
import { act } from './act.ts';
import { decisionWords, preview, waiting } from './ahead.ts';
import type { Look } from './ahead.ts';
import { withdrawChallenges } from './challenges.ts';
import { readDocument } from './documents.ts';
import { farewell } from './farewell.ts';
import { intervene } from './interventions.ts';
import { Memory, lineageKey } from './memory.ts';
import { servicesAt } from './neighbours.ts';
import { observe } from './observe.ts';
import type { Outcome } from './outcome.ts';
import { rebuild } from './rebuild.ts';
import { askForAdvice, dueAt } from './renewal.ts';
import { preflight } from './preflight.ts';
import { settleOrders, withdrawalOver } from './settle-orders.ts';
import type { Standing } from './standing.ts';
import type { Departed, Task, World } from './world.ts';

/** An idle certificate is looked at this often, whatever its dates say: servers restart and people edit. */
const LOOK_ANYWAY = 6 * 3600;
/** In one run: how long it stays for things that take seconds (a CA's answer, a secondary, a reload). */
const PATIENCE = 60;
/** More steps than any rollover has: a planner that goes in circles is a bug, not a load on somebody's servers. */
const MOST_STEPS = 200;

/** How often in one run somebody else may change an RRset between our look and our write. */
const MOST_CONFLICTS = 4;

/** Whoever asks the run to stop: an act in hand is finished and written down. Its own deadlines end it. */
const TO_ITS_END: Call = {};

export interface AdvanceOptions {
  /** Print the next step and take none. */
  readonly dryRun: boolean;
}

/** What decides whether an idle certificate may be left alone. */
export function fingerprint(intent: Intent): string {
  const { force: _now, ...lasting } = intent;
  return JSON.stringify(lasting);
}

/** The standing of a certificate with nothing due, from its document alone; undefined when it needs a look. */
export async function idle(task: Task, world: World): Promise<Standing | undefined> {
  if (task.intent.force || task.intervention !== undefined) return undefined;
  const memory = await Memory.load(world, { ...task.intent, services: [], dane: false });
  const { idleUntil, idleIntent } = memory.lineage;
  if (idleUntil === undefined || world.clock.now() >= idleUntil) return undefined;
  if (idleIntent !== fingerprint(task.intent)) return undefined;
  return { kind: 'done', until: idleUntil, reasons: [] };
}

function touchesTheWorld(step: Step): boolean {
  return step.kind === 'publish' || step.kind === 'deploy' || step.kind === 'reload';
}

export async function advance(
  given: Task,
  world: World,
  options: AdvanceOptions,
  call: Call,
): Promise<Standing> {
  const services = servicesAt(given).map(({ service }) => service);
  const memory = await Memory.load(world, given.intent, services);
  const task = await settleOrders(given, memory, world);
  // Before anything is done: what they say counts at our owners.
  for (const { intent } of task.neighbours) await readDocument(lineageKey(intent.name), world);
  const patienceEnds = world.clock.now() + PATIENCE;
  let forced = task.intent.force;
  let ordering: Look | undefined;
  let beaten = 0;
  let checked = false;
  let decided = '';
  if (task.intervention?.kind !== 'adopt') await rebuild(task, memory, world, call);
  if (task.intervention !== undefined) {
    await intervene(task.intervention, task, memory, world, call);
  }
  // It left in another run, and must not begin anew.
  if (hasLeft(task, memory)) return { kind: 'gone' };
  if (!options.dryRun) await tidy(task, memory, world, TO_ITS_END);
  if (task.departed !== undefined && givesUpRecords(memory)) {
    return leave(task, task.departed, memory, world, options);
  }
  for (let count = 0; count < MOST_STEPS; count += 1) {
    call.signal?.throwIfAborted();
    const intent = { ...task.intent, force: forced };
    if (!options.dryRun) await askForAdvice(memory, world, call);
    const seen = ordering ?? (await look(intent, task, memory, world, call));
    const { next } = seen;
    const decision = decisionWords(next);
    if (decision !== decided)
      world.log.debug('decided', { certificate: task.intent.name, decision });
    decided = decision;
    // Before the first order, and before a dry run says that there would be one.
    if (!checked && beginsOrder(next, memory)) {
      const refused = await preflight(task, memory, world, call);
      if (refused !== undefined) return refused;
      checked = true;
    }
    const over = next.kind === 'done' && task.departed !== undefined;
    if (options.dryRun && !over) return preview(seen, task, world);
    if (over) return leave(task, task.departed, memory, world, options);
    if (next.kind === 'done') return rest(next, given, memory, world);
    if (memory.lineage.idleUntil !== undefined) await wake(memory);
    if (next.kind === 'blocked') return next;
    if (next.kind === 'wait') {
      if (next.known || !soon(next.until, patienceEnds, world, memory)) {
        return waiting(seen, next);
      }
      await world.clock.sleep(next.until - world.clock.now(), call.signal);
      continue;
    }
    // The law just before the act, on a fresh look: the world may have moved since the plan was made.
    if (touchesTheWorld(next.step)) {
      const { next: again } = await look(intent, task, memory, world, call);
      if (JSON.stringify(again) !== JSON.stringify(next) && !sameStep(again, next)) continue;
    }
    if (beginsRenewal(next.step)) forced = false;
    let outcome: Outcome;
    try {
      outcome = await act(next.step, task, memory, world, TO_ITS_END);
    } catch (error) {
      if (mayGoBack(next.step, error, intent, call)) {
        const { next: after } = await look(intent, task, memory, world, call);
        if (after.kind === 'step' && after.step.kind === 'roll-back') continue;
        throw withProspect(error, after.reasons);
      }
      beaten += 1;
      if (!isBeaten(next.step, error) || beaten > MOST_CONFLICTS) throw error;
      await world.clock.sleep(2 ** beaten / 4, call.signal);
      continue;
    }
    // While an order is under way nothing is decided by name servers and services: they are left in peace.
    ordering = isOrdering(next.step, memory) ? seen : undefined;
    if (outcome.kind === 'wait') {
      if (outcome.until > patienceEnds || !outcome.soon) {
        return {
          kind: 'wait',
          until: outcome.until,
          known: !outcome.soon,
          reasons: outcome.reasons,
        };
      }
      await world.clock.sleep(Math.max(0, outcome.until - world.clock.now()), call.signal);
    }
  }
  throw new AppError('BUG', `${task.intent.name}: more than ${MOST_STEPS} steps in one run`);
}

/** Somebody was quicker and nothing was written: what he wrote is one more thing to look at. */
function isBeaten(step: Step, error: unknown): boolean {
  return step.kind === 'publish' && error instanceof AppError && error.code === 'UPDATE_CONFLICT';
}

/** A target failed where the operator wants all or none: what becomes of the others is decided at once. */
function mayGoBack(step: Step, error: unknown, { policy }: Intent, call: Call): error is AppError {
  return (
    step.kind === 'deploy' &&
    policy.rollbackAfter !== undefined &&
    error instanceof AppError &&
    call.signal?.aborted !== true
  );
}

function withProspect(error: AppError, reasons: readonly Reason[]): AppError {
  const hint = [error.hint ?? [], ofReturning(reasons)].flat().join('; ');
  const { details, cause } = error;
  return new AppError(error.code, error.message, { ...(hint && { hint }), details, cause });
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

function sameStep(a: Plan, b: Plan): boolean {
  return (
    a.kind === 'step' && b.kind === 'step' && JSON.stringify(a.step) === JSON.stringify(b.step)
  );
}

async function look(
  intent: Intent,
  task: Task,
  memory: Memory,
  world: World,
  call: Call,
): Promise<Look> {
  const facts = await observe(task, memory, world, call);
  const now = world.clock.now();
  return { intent, facts, now, next: plan(intent, facts, dueAt(task, memory.lineage), now) };
}

/** A write or a reload shows within seconds; a secondary that lags, or a person, may take hours and is not stayed for. */
function soon(until: Instant, patienceEnds: Instant, world: World, memory: Memory): boolean {
  const proving = liveGeneration(memory.lineage)?.provenAt === undefined;
  const age = Object.values(memory.owners)
    .flatMap(({ writes }) => writes.filter(({ byHand }) => byHand !== true))
    .map(({ at }) => world.clock.now() - at);
  return (
    until <= patienceEnds &&
    ((proving && memory.lineage.generations.length > 0) || age.some((a) => a < 10))
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

async function wake(memory: Memory): Promise<void> {
  const { idleUntil: _slept, idleIntent: _then, ...awake } = memory.lineage;
  await memory.saveLineage(awake);
}

async function rest(
  next: Extract<Plan, { kind: 'done' }>,
  task: Task,
  memory: Memory,
  world: World,
): Promise<Standing> {
  await withdrawalOver(task, memory, world);
  const swept = ownersOf(task.intent).map((owner) => memory.owner(owner)?.sweptAt ?? 0);
  const lastLook = Math.max(0, ...swept, liveGeneration(memory.lineage)?.provenAt ?? 0);
  const advice = memory.lineage.renewal?.nextLookAt ?? Infinity;
  const idleUntil = Math.min(next.until, advice, lastLook + LOOK_ANYWAY);
  const idleIntent = fingerprint(task.intent);
  const { trouble: _over, ...well } = memory.lineage;
  await memory.saveLineage({ ...well, idleUntil, idleIntent });
  return { kind: 'done', until: next.until, reasons: next.reasons };
}
