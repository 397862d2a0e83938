// The loop of `holger serve`: rounds, and sleep until a plan, a signal or a hook asks for the next
// one. It knows no configuration and no adapter.
import { sleepUntil } from '../../base/clock.ts';
import type { Clock, Instant, Seconds } from '../../base/clock.ts';
import { AppError, reasonOf } from '../../base/errors.ts';
import { following } from '../../base/following.ts';
import type { Logger } from '../../base/log.ts';
import type { Call } from '../../ports/call.ts';
import { Agenda, LOOK_AT_ALL } from './agenda.ts';
import type { NextLooks } from './agenda.ts';

const FIRST_PAUSE: Seconds = 60;

export interface ScheduleWorld {
  readonly clock: Clock;
  readonly log: Logger;
  /** One round; `only`: these certificates alone. */
  look(only: ReadonlySet<string> | undefined, call: Call): Promise<NextLooks>;
  /** Before each sleep. */
  rests(until: Instant): void;
}

/** Ends a sleep; what rings during a round counts for the next one. */
export class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** @returns whether it rang since the last call */
  heard(): boolean {
    const rung = this.#rung;
    this.#rung = false;
    return rung;
  }

  /** Until the time, the signal, or the bell. */
  async sleep(until: Instant, clock: Clock, signal: AbortSignal | undefined): Promise<void> {
    const sleep = following(signal);
    this.#wake = () => sleep.end();
    try {
      await sleepUntil(until, clock, sleep.signal);
    } finally {
      this.#wake = undefined;
      sleep.end();
    }
  }
}

/** Runs until the signal comes. */
export async function schedule(world: ScheduleWorld, bell: Bell, call: Call): Promise<void> {
  const { clock } = world;
  const agenda = new Agenda();
  let failures = 0;
  while (call.signal?.aborted !== true) {
    if (bell.heard()) agenda.askForAll();
    const begunAt = clock.now();
    const next = agenda.nextAt(begunAt);
    if (begunAt < next) {
      world.rests(next);
      await bell.sleep(next, clock, call.signal);
      continue;
    }
    const due = agenda.due(begunAt);
    agenda.begin(due, begunAt);
    const looks = await lookAround(due, world, call);
    if (looks !== undefined) agenda.note(due, looks, clock.now());
    else agenda.postpone(Math.min(FIRST_PAUSE * 2 ** failures, LOOK_AT_ALL), clock.now());
    failures = looks === undefined ? failures + 1 : 0;
  }
}

/** Undefined: the round as a whole failed. A process that ended with it would renew nothing. */
async function lookAround(
  due: ReadonlySet<string> | undefined,
  { look, log }: ScheduleWorld,
  call: Call,
): Promise<NextLooks | undefined> {
  try {
    return await look(due, call);
  } catch (error) {
    if (call.signal?.aborted === true) return undefined;
    const known = error instanceof AppError;
    const { hint } = known ? error : { hint: undefined };
    const stack = !known && error instanceof Error ? error.stack : undefined;
    log.error('round failed', {
      detail: reasonOf(error),
      ...(hint && { hint }),
      ...(stack && { stack }),
    });
    return undefined;
  }
}
