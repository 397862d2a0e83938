// Virtual time: it moves from event to event and never by itself.
import type { Clock, Instant, Moment, Seconds } from '../../src/base/clock.ts';

interface Due {
  readonly at: Instant;
  readonly act: () => void;
}

export class Timeline implements Clock {
  #now: Instant;
  #queue: Due[] = [];
  /** How far holger's clock is ahead of the true one. */
  clockError: Seconds = 0;
  /** What else may happen while holger sleeps: people edit zones then. */
  whileAsleep: () => void = () => undefined;

  constructor(start: Instant) {
    this.#now = start;
  }

  now(): Instant {
    return this.#now;
  }

  moment(): Moment {
    return { at: this.#now, boot: 'the only one', running: this.#now };
  }

  /** Time by the clock of holger's machine. */
  clock(): Clock {
    return {
      now: () => this.#now + this.clockError,
      moment: () => ({ ...this.moment(), at: this.#now + this.clockError }),
      sleep: (seconds, signal) => this.sleep(seconds, signal),
    };
  }

  /** @returns what cancels it */
  in(seconds: Seconds, act: () => void): () => void {
    const due = { at: this.#now + seconds, act };
    const before = this.#queue.findLastIndex(({ at }) => at <= due.at);
    this.#queue.splice(before + 1, 0, due);
    return () => {
      this.#queue = this.#queue.filter((one) => one !== due);
    };
  }

  /** What a port needs for one call. */
  take(seconds: Seconds): void {
    this.advanceTo(this.#now + seconds);
  }

  /** The same between two parts of a call; a promise where others go on meanwhile. */
  takeBetween(seconds: Seconds): Promise<void> | undefined {
    this.take(seconds);
    return undefined;
  }

  /** What is due next happens; false: nothing is due. */
  protected step(): boolean {
    const [next] = this.#queue;
    if (next === undefined) return false;
    this.#happen(next);
    return true;
  }

  /** Everything that is due up to `to` happens, in order; what happens may plan more. */
  advanceTo(to: Instant): void {
    for (;;) {
      const [next] = this.#queue;
      if (next === undefined || next.at > to) break;
      this.#happen(next);
    }
    this.#now = Math.max(this.#now, to);
  }

  #happen({ at, act }: Due): void {
    this.#queue.shift();
    this.#now = Math.max(this.#now, at);
    act();
  }

  async sleep(seconds: Seconds, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.whileAsleep();
    this.advanceTo(this.#now + Math.max(0, seconds));
    return Promise.resolve();
  }
}
