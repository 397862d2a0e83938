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

  in(seconds: Seconds, act: () => void): void {
    this.#queue.push({ at: this.#now + seconds, act });
    this.#queue.sort((a, b) => a.at - b.at);
  }

  /** Everything that is due up to `to` happens, in order; what happens may plan more. */
  advanceTo(to: Instant): void {
    for (;;) {
      const [next] = this.#queue;
      if (next === undefined || next.at > to) break;
      this.#queue.shift();
      this.#now = Math.max(this.#now, next.at);
      next.act();
    }
    this.#now = Math.max(this.#now, to);
  }

  async sleep(seconds: Seconds, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.whileAsleep();
    this.advanceTo(this.#now + Math.max(0, seconds));
    return Promise.resolve();
  }
}
