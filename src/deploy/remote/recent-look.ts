// What a machine answered a moment ago counts for that moment: one certificate is looked at several
// times in a row. A machine that does not answer is asked less and less often.
import type { Seconds } from '../../base/clock.ts';

/** A change that others make there is noticed that much later. */
const COUNTS: Seconds = 30;
/** A look and what follows it in the same round. */
const FAILS: Seconds = 20;
/** Less than the shortest pause before holger tries a failed target again. */
const LONGEST_PAUSE: Seconds = 900;

export class RecentLook<T> {
  readonly #ask: () => Promise<T>;
  readonly #now: () => Seconds;
  #known:
    { readonly answer: Promise<T>; readonly at: Seconds; readonly counts: Seconds } | undefined;
  #failures = 0;

  /** `now`: for tests. */
  constructor(ask: () => Promise<T>, now: () => Seconds = () => performance.now() / 1000) {
    this.#ask = ask;
    this.#now = now;
  }

  look(): Promise<T> {
    const now = this.#now();
    if (this.#known !== undefined && now - this.#known.at < this.#known.counts) {
      return this.#known.answer;
    }
    const answer = this.#ask();
    this.#known = { answer, at: now, counts: COUNTS };
    answer.then(
      () => (this.#failures = 0),
      () => {
        this.#failures += 1;
        const counts = Math.min(LONGEST_PAUSE, COUNTS * 2 ** (this.#failures - 1));
        if (this.#known?.answer === answer) this.#known = { ...this.#known, counts };
      },
    );
    return answer;
  }

  /**
   * The failure of a look a moment ago: what follows would wait just as long for a machine that is
   * down. Undefined: there is none.
   */
  failure(): Promise<T> | undefined {
    const isRecent = this.#known !== undefined && this.#now() - this.#known.at < FAILS;
    return this.#failures > 0 && isRecent ? this.#known?.answer : undefined;
  }

  /** The next look asks. */
  forget(): void {
    this.#known = undefined;
  }
}
