// Which certificates a process that stays looks at, and when. All of them are looked at as often as
// a timer would do it, because people edit files and zones; in between those whose time has come.
import type { Instant, Seconds } from '../../base/clock.ts';

/** The time of each certificate that was looked at; Infinity: none is known. */
export type NextLooks = ReadonlyMap<string, Instant>;

/** As often as holger.timer. */
export const LOOK_AT_ALL: Seconds = 900;
/** Between two rounds: what becomes due meanwhile is done together. */
const SHORTEST_PAUSE: Seconds = 5;

export class Agenda {
  readonly #times = new Map<string, Instant>();
  #allAt: Instant = -Infinity;
  #earliest: Instant = -Infinity;

  /** Undefined: all. */
  due(now: Instant): ReadonlySet<string> | undefined {
    if (now >= this.#allAt || this.#isSetBack(now)) return undefined;
    return new Set([...this.#times].filter(([, at]) => at <= now).map(([name]) => name));
  }

  /** When the next round begins. */
  nextAt(now: Instant): Instant {
    if (this.#isSetBack(now)) return now;
    let next = this.#allAt;
    for (const at of this.#times.values()) next = Math.min(next, at);
    return Math.max(next, this.#earliest);
  }

  /** The next round is about all. */
  askForAll(): void {
    this.#allAt = -Infinity;
  }

  /** After a round over `names`; undefined: over all. A certificate without a result has none. */
  note(names: ReadonlySet<string> | undefined, looks: NextLooks, now: Instant): void {
    if (names === undefined) this.#times.clear();
    for (const name of names ?? []) this.#times.delete(name);
    for (const [name, at] of looks) this.#times.set(name, at);
    this.#earliest = now + SHORTEST_PAUSE;
  }

  /** A round over all begins: what asks for it from now on asks for another one. */
  begin(names: ReadonlySet<string> | undefined, now: Instant): void {
    if (names === undefined) this.#allAt = now + LOOK_AT_ALL;
  }

  /** A round ended with an error: all are looked at after a pause. */
  postpone(pause: Seconds, now: Instant): void {
    this.#allAt = Math.min(this.#allAt, now + pause);
    for (const [name, at] of this.#times) if (at < this.#allAt) this.#times.set(name, this.#allAt);
  }

  /** The clock was set back: times of before say nothing. */
  #isSetBack(now: Instant): boolean {
    return this.#allAt > now + LOOK_AT_ALL;
  }
}
