// The loop of a watch: look, decide what is news, save, tell, sleep. What is to be told is saved before it is told: a machine that dies
// in between tells it twice rather than never.
import type { Clock, Seconds } from '../base/clock.ts';
import { AppError, reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { Call } from '../ports/call.ts';
import type { Notice, Notifier } from '../ports/notifier.ts';
import type { Looked, WatchMemory } from './changes.ts';
import { changesIn, NO_MEMORY } from './changes.ts';
import { noticeOf } from './notice.ts';
import type { Outbox } from './outbox.ts';
import { cleared, delivered, post, refused, waitingFor } from './outbox.ts';
import { nextRound } from './rounds.ts';
import type { Row } from './row.ts';

export interface WatchState {
  readonly memory: WatchMemory;
  readonly outbox: Outbox;
}

export interface WatchPlan {
  readonly interval: Seconds;
  /** How long a CRITICAL lasts until it is told again; 0: never. */
  readonly remind: Seconds;
}

export interface WatchWorld {
  readonly clock: Clock;
  readonly random: () => number;
  /** An identifier that nobody has used. */
  readonly newId: () => string;
  readonly host: string;
  look(call: Call): Promise<readonly Row[]>;
  readonly notifiers: readonly Notifier[];
  readonly keep: {
    /** Undefined: nothing is remembered. */
    read(): Promise<WatchState | undefined>;
    write(state: WatchState): Promise<void>;
  };
  readonly log: Logger;
  /** After each round. */
  told(rows: readonly Row[] | undefined, notice: Notice | undefined): void;
}

/** A delivery that has begun gets so long to come to its end when the watch is told to stop. */
const LAST_MOMENT_MS = 1000;

/** Until it is told to stop. */
export async function watch(plan: WatchPlan, world: WatchWorld, call: Call): Promise<void> {
  const { clock, random } = world;
  const began = clock.now();
  let state = (await world.keep.read()) ?? { memory: NO_MEMORY, outbox: [] };
  while (!stopped(call)) {
    const looked = await lookAround(world, call);
    if (stopped(call)) return;
    state = await round(state, looked, plan, world, call);
    const next = nextRound(began, plan.interval, clock.now(), random());
    if (!(await sleepUntil(next, clock, call))) return;
  }
}

const stopped = ({ signal }: Call): boolean => signal?.aborted === true;

async function lookAround(world: WatchWorld, call: Call): Promise<Looked> {
  try {
    return { rows: await world.look(call) };
  } catch (error) {
    if (stopped(call)) return { rows: [] };
    // A watch that ends by an error is one that nobody hears of.
    const stack = error instanceof Error && !(error instanceof AppError) ? error.stack : undefined;
    world.log.error('round failed', { detail: reasonOf(error), ...(stack && { stack }) });
    return { failure: reasonOf(error) };
  }
}

async function round(
  before: WatchState,
  looked: Looked,
  { remind }: WatchPlan,
  world: WatchWorld,
  call: Call,
): Promise<WatchState> {
  const { clock, host, notifiers, newId } = world;
  const at = clock.now();
  const { memory, news } = changesIn(before.memory, looked, at, remind);
  const notice = news.length === 0 ? undefined : noticeOf(news, { id: newId(), at, host });
  const labels = notifiers.map(({ label }) => label);
  const full = notice === undefined ? before.outbox : post(before.outbox, notice, labels);
  const { outbox, dropped } = cleared(full, labels, at);
  for (const { label, notice: lost } of dropped) {
    world.log.error('message given up', { notifier: label, subject: lost.subject });
  }
  await save({ memory, outbox }, world);
  world.told('rows' in looked ? looked.rows : undefined, notice);
  if (outbox.length === 0) return { memory, outbox };
  const state = { memory, outbox: await sendAll(outbox, world, call) };
  await save(state, world);
  return state;
}

/** A full disk keeps nobody from being told. */
async function save(state: WatchState, { keep, log }: WatchWorld): Promise<void> {
  try {
    await keep.write(state);
  } catch (error) {
    log.error('state not saved', { detail: reasonOf(error) });
  }
}

async function sendAll(outbox: Outbox, world: WatchWorld, call: Call): Promise<Outbox> {
  const hurried = lastMoment(call);
  let left = outbox;
  const one = async (notifier: Notifier): Promise<void> => {
    for (const notice of waitingFor(outbox, notifier.label)) {
      if (stopped(call)) return;
      const isDelivered = await send(notice, notifier, world, hurried.call);
      if (isDelivered === undefined) return;
      const note = isDelivered ? delivered : refused;
      left = note(left, notice.id, notifier.label);
      // The next one would wait for the same time-out; its turn comes with the next round.
      if (!isDelivered) return;
    }
  };
  await Promise.all(world.notifiers.map(one));
  hurried.clear();
  return left;
}

/** Undefined: interrupted, which is nobody's failure. */
async function send(
  notice: Notice,
  notifier: Notifier,
  { log }: WatchWorld,
  call: Call,
): Promise<boolean | undefined> {
  const about = { notifier: notifier.label, subject: notice.subject };
  try {
    const { note } = await notifier.deliver(notice, call);
    if (note === undefined) log.info('delivered', about);
    else log.warn('delivered, but', { ...about, note });
    return true;
  } catch (error) {
    if (stopped(call)) return undefined;
    const hint = error instanceof AppError ? error.hint : undefined;
    log.error('not delivered; tried again at the next round', {
      ...about,
      detail: reasonOf(error),
      ...(hint === undefined ? {} : { hint }),
    });
    return false;
  }
}

function lastMoment({ signal }: Call): { readonly call: Call; clear(): void } {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => {
    timer = setTimeout(() => late.abort(signal?.reason), LAST_MOMENT_MS);
  };
  signal?.addEventListener('abort', begin, { once: true });
  return {
    call: { signal: late.signal },
    clear: () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', begin);
    },
  };
}

/** False when it was told to stop meanwhile. */
async function sleepUntil(wake: number, clock: Clock, call: Call): Promise<boolean> {
  try {
    await clock.sleep(Math.max(0, wake - clock.now()), call.signal);
    return true;
  } catch (error) {
    if (stopped(call)) return false;
    throw error;
  }
}
