// What certificates that ask at the same time share of CAA records: those of one zone have the
// names above theirs in common.
import type { Clock, Instant, Seconds } from '../base/clock.ts';
import type { CaaProperty } from '../dns/caa.ts';
import type { Fqdn } from '../dns/name.ts';

const KEPT: Seconds = 3;

/** What the servers have at one name. */
export interface CaaFound {
  /** After CNAMEs. */
  readonly at: Fqdn;
  /** By their data; absent records are an empty set. */
  readonly sets: ReadonlyMap<string, CaaShown>;
  readonly unanswered: readonly string[];
}

export interface CaaShown {
  readonly properties: readonly CaaProperty[];
  readonly servers: readonly string[];
}

interface Asked {
  readonly found: Promise<CaaFound>;
  readonly at: Instant;
}

export class CaaAnswers {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #known = new Map<Fqdn, Asked>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** `ask` is called if no certificate has asked within seconds, or not all servers answered. */
  at(name: Fqdn, ask: () => Promise<CaaFound>): Promise<CaaFound> {
    const known = this.#known;
    const now = this.#clock.now();
    for (const [other, { at }] of known) if (!isFresh(at, now)) known.delete(other);
    const asked = known.get(name);
    if (asked !== undefined) return asked.found;
    const mine: Asked = { found: ask(), at: now };
    known.set(name, mine);
    const forget = (): void => {
      if (known.get(name) === mine) known.delete(name);
    };
    mine.found.then(({ unanswered }) => unanswered.length > 0 && forget(), forget);
    return mine.found;
  }
}

function isFresh(at: Instant, now: Instant): boolean {
  return at <= now && now < at + KEPT;
}
