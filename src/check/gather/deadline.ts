// The time for one target. Work that targets share (a look-up, a handshake, a name server)
// continues for the others; this target completes without it.
import type { Seconds } from '../../base/clock.ts';

export interface Deadline {
  /** The result of the work, or the other value if the time ends first. */
  within<T>(work: Promise<T>, otherwise: () => T): Promise<T>;
  /** Some work was given up. */
  readonly isMissed: boolean;
  end(): void;
}

export function createDeadline(seconds: Seconds): Deadline {
  let over: () => void = () => undefined;
  const end = new Promise<void>((resolve) => (over = resolve));
  const timer = setTimeout(over, seconds * 1000);
  let missed = false;
  return {
    within: (work, otherwise) =>
      Promise.race([
        work,
        end.then(() => {
          missed = true;
          return otherwise();
        }),
      ]),
    get isMissed() {
      return missed;
    },
    end: () => clearTimeout(timer),
  };
}
