// Which certificate moves next, and which move at the same time. A certificate that waits holds no
// place: its turn comes back at its time.
import type { Clock, Instant } from '../base/clock.ts';
import { sleepUntil } from '../base/clock.ts';
import { following } from '../base/following.ts';

/** One certificate at one time. */
export interface Turn {
  readonly at: Instant;
  /** Two turns that name the same thing follow each other. */
  readonly needs: readonly string[];
  /** Absent: nothing more is needed. */
  mayBegin?(): boolean;
  /** Called when it is taken: what `mayBegin` found free is free for no other turn any more. */
  begin?(): void;
}

/** Turns that are to come, in the order of their times. */
export class Turns<T extends Turn> {
  readonly #coming: T[] = [];
  readonly #held = new Set<string>();

  /** At the same time: in the order of arrival. */
  add(turn: T): void {
    const before = this.#coming.findLastIndex(({ at }) => at <= turn.at);
    this.#coming.splice(before + 1, 0, turn);
  }

  /** The first one that can begin now. It holds what it needs until it is released. */
  take(now: Instant): T | undefined {
    const index = this.#coming.findIndex((turn) => turn.at > now || this.#isFree(turn));
    const turn = this.#coming[index];
    if (turn === undefined || turn.at > now) return undefined;
    this.#coming.splice(index, 1);
    for (const need of turn.needs) this.#held.add(need);
    turn.begin?.();
    return turn;
  }

  release({ needs }: T): void {
    for (const need of needs) this.#held.delete(need);
  }

  /** When the next one can begin, if no other ends before; Infinity: none can. */
  nextAt(): Instant {
    return this.#coming.find((turn) => this.#isFree(turn))?.at ?? Infinity;
  }

  /** Those that are left, when the run is over. */
  rest(): readonly T[] {
    return this.#coming;
  }

  #isFree({ needs, mayBegin }: T): boolean {
    return needs.every((need) => !this.#held.has(need)) && mayBegin?.() !== false;
  }
}

export interface Pace {
  /** How many turns are under way at the same time. */
  readonly most: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Called while no turn is under way, and the next one has not come yet. */
  between?(): Promise<void>;
}

/**
 * Takes turns until none is left, or until the signal comes: then those under way end, and the
 * others stay in `turns`. `work` may add turns.
 */
export async function takeTurns<T extends Turn>(
  turns: Turns<T>,
  { most, clock, signal, between }: Pace,
  work: (turn: T) => Promise<void>,
): Promise<void> {
  const underWay = new Set<Promise<void>>();
  const begin = (turn: T): void => {
    const ends = work(turn).finally(() => {
      turns.release(turn);
      underWay.delete(ends);
    });
    underWay.add(ends);
  };
  try {
    for (;;) {
      while (underWay.size < most && signal?.aborted !== true) {
        const turn = turns.take(clock.now());
        if (turn === undefined) break;
        begin(turn);
      }
      const isFull = underWay.size >= most || signal?.aborted === true;
      const next = isFull ? Infinity : turns.nextAt();
      if (underWay.size === 0) {
        if (next === Infinity) return;
        await between?.();
      }
      await firstOf(underWay, next, { clock, signal });
    }
  } finally {
    await Promise.allSettled(underWay);
  }
}

/** The first end of a turn, the time, or the signal. */
async function firstOf(
  underWay: ReadonlySet<Promise<void>>,
  next: Instant,
  { clock, signal }: Pick<Pace, 'clock' | 'signal'>,
): Promise<void> {
  if (next === Infinity) return Promise.race(underWay);
  const sleep = following(signal);
  try {
    await Promise.race([...underWay, sleepUntil(next, clock, sleep.signal)]);
  } finally {
    sleep.end();
  }
}
