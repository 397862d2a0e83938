// How often this process connects to a service, whichever certificates name it and however often
// they are planned: at once, soon after a reload, and then less and less. If no handshake is due,
// the last one is used.
import type { Instant } from '../base/clock.ts';
import { LONGEST_VISIT, visitPause } from '../rollover/attempts.ts';

/**
 * Between a handshake and the act that relies on it: two observations before one act count as one
 * visit.
 */
const FRESH = 1;

export class Visits {
  /** By service id. */
  readonly #known = new Map<string, { readonly at: Instant; readonly toldAt: Instant }>();

  /** `fresh`: an act depends on it. */
  isDue(service: string, now: Instant, fresh: boolean): boolean {
    const known = this.#known.get(service);
    // A clock that was set back does not show how long ago that was.
    if (known === undefined || now < known.at) return true;
    const { at, toldAt } = known;
    return now - at >= (fresh ? FRESH : visitPause(toldAt, at));
  }

  /** Since when a handshake counts as made in this run: no service is visited less often. */
  static countsSince(now: Instant, fresh: boolean): Instant {
    return now - (fresh ? FRESH : LONGEST_VISIT);
  }

  visited(service: string, at: Instant): void {
    const toldAt = this.#known.get(service)?.toldAt ?? at;
    this.#known.set(service, { at, toldAt });
  }

  /** It may present something else from now on. */
  told(services: readonly { readonly id: string }[], now: Instant): void {
    for (const { id } of services) {
      const known = this.#known.get(id);
      if (known !== undefined) this.#known.set(id, { at: known.at, toldAt: now });
    }
  }
}
