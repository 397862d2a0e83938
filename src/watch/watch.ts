// The loop of a watch: check, decide what is news, save, report, sleep. News is saved before it is
// reported: after a crash in between it is reported twice, and never lost.
import { sleepUntil } from '../base/clock.ts';
import type { Clock, Seconds } from '../base/clock.ts';
import { AppError, reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { Call } from '../ports/call.ts';
import type { Notice, Notifier } from '../ports/notifier.ts';
import type { Looked, WatchMemory } from './changes.ts';
import { changesIn, NO_MEMORY } from './changes.ts';
import { noticeOf } from './message.ts';
import { sendAll } from './deliveries.ts';
import type { Sent } from './deliveries.ts';
import type { Outbox, Receiver } from './outbox.ts';
import { cleared, post } from './outbox.ts';
import { othersThan, refusalNotice, remembered, unheardOf } from './refusals.ts';
import type { Refused } from './refusals.ts';
import { nextRound } from './schedule.ts';
import type { Row } from './snapshot.ts';

export interface WatchState {
  readonly memory: WatchMemory;
  readonly outbox: Outbox;
  /** Recipients that a server refuses permanently; the others got a message about it. */
  readonly refused?: Refused;
}

export interface WatchPlan {
  readonly interval: Seconds;
  /** How long a CRITICAL lasts until it is reported again; 0: never. */
  readonly remind: Seconds;
}

export interface WatchWorld {
  readonly clock: Clock;
  readonly random: () => number;
  /** A new identifier. */
  readonly newId: () => string;
  readonly host: string;
  look(call: Call): Promise<readonly Row[]>;
  readonly notifiers: readonly Notifier[];
  readonly keep: {
    /** Undefined: nothing is stored. */
    read(): Promise<WatchState | undefined>;
    write(state: WatchState): Promise<void>;
  };
  readonly log: Logger;
  /** After each round. */
  told(rows: readonly Row[] | undefined, notice: Notice | undefined): void;
}

/** Runs until it is stopped. */
export async function watch(plan: WatchPlan, world: WatchWorld, call: Call): Promise<void> {
  const { clock, random } = world;
  const began = clock.now();
  let state = (await world.keep.read()) ?? { memory: NO_MEMORY, outbox: [] };
  while (!stopped(call)) {
    const looked = await lookAround(world, call);
    if (stopped(call)) return;
    state = await round(state, looked, plan, world, call);
    const next = nextRound(began, plan.interval, clock.now(), random());
    if (!(await sleepUntil(next, clock, call.signal))) return;
  }
}

const stopped = ({ signal }: Call): boolean => signal?.aborted === true;

async function lookAround(world: WatchWorld, call: Call): Promise<Looked> {
  try {
    return { rows: await world.look(call) };
  } catch (error) {
    if (stopped(call)) return { rows: [] };
    // If a watch ended with an error, later problems would not be reported.
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
  const full =
    notice === undefined ? before.outbox : post(before.outbox, notice, notifiers.map(receiver));
  const { outbox, dropped } = cleared(full, labels, at);
  for (const { label, notice: lost } of dropped) {
    world.log.error('message given up', { notifier: label, subject: lost.subject });
  }
  const told: WatchState = { ...before, memory, outbox };
  await save(told, world);
  world.told('rows' in looked ? looked.rows : undefined, notice);
  if (outbox.length === 0) return told;
  return deliver(told, world, call);
}

const receiver = ({ label, recipients }: Notifier): Receiver => ({
  label,
  ...(recipients && { to: recipients }),
});

async function deliver(state: WatchState, world: WatchWorld, call: Call): Promise<WatchState> {
  const { notifiers, log, clock, host, newId } = world;
  const first = await sendAll(state.outbox, notifiers, log, call);
  const fresh = unheardOf(state.refused ?? [], first);
  const after = afterwards(state, first);
  await save(after, world);
  if (fresh.length === 0) return after;
  // The other recipients get the message in the same round: the next round may be hours away.
  const notice = refusalNotice(fresh, { id: newId(), at: clock.now(), host });
  const to = othersThan(after.refused ?? [], notifiers);
  const second = await sendAll(post(after.outbox, notice, to), notifiers, log, call);
  const last = afterwards(after, second);
  await save(last, world);
  return last;
}

function afterwards(state: WatchState, sent: Sent): WatchState {
  return { ...state, outbox: sent.outbox, refused: remembered(state.refused ?? [], sent) };
}

/** A full disk must not prevent a message. */
async function save(state: WatchState, { keep, log }: WatchWorld): Promise<void> {
  try {
    await keep.write(state);
  } catch (error) {
    log.error('state not saved', { detail: reasonOf(error) });
  }
}
