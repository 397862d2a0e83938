// Renewal information (RFC 9773) of a CA whose answers are stable, or of one whose answers change,
// are invalid and fail.
import { AppError } from '../../src/base/errors.ts';
import type { RenewalWindow } from '../../src/ports/issuer.ts';
import type { Chance } from './chance.ts';
import type { Token } from './tokens.ts';

const DAY = 86_400;

type Window = Pick<RenewalWindow, 'start' | 'end'>;

export class Advice {
  readonly #chance: Chance;
  #isWild: boolean;
  readonly #windows = new Map<number, Window>();
  /** By serial number: where the window began that was answered first. */
  readonly #first = new Map<number, number>();
  /** Serial numbers of certificates that were revoked since then. */
  readonly recalled = new Set<number>();

  constructor(chance: Chance, isWild: boolean) {
    this.#chance = chance;
    this.#isWild = isWild;
  }

  /** Its answers are stable from now on. */
  calm(): void {
    this.#isWild = false;
    this.#windows.clear();
  }

  of(leaf: Token, isRevoked: boolean, now: number): RenewalWindow {
    const chance = this.#chance;
    const { serial } = leaf;
    const nextLookAt = now + chance.pick([DAY / 4, DAY, 9 * DAY]);
    if (this.#isWild && chance.happens(0.2)) {
      throw new AppError('ACME_UNREACHABLE', 'no renewal information');
    }
    // As Boulder does it: a window that has just ended, whenever it is asked.
    const before = this.#windows.get(serial);
    if (isRevoked) {
      const past = { start: now - 7200, end: now - 3600 };
      const first = this.#first.get(serial);
      // One within the former window means nothing new.
      if (first !== undefined && Math.abs(first - past.start) > (leaf.to - leaf.from) / 15) {
        this.recalled.add(serial);
      }
      return { ...past, nextLookAt };
    }
    const changes = this.#isWild && chance.happens(0.2);
    const window = changes ? this.#other(leaf, now) : (before ?? usual(leaf));
    if (window.end > window.start && !this.#first.has(serial))
      this.#first.set(serial, window.start);
    this.#windows.set(serial, window);
    return { ...window, nextLookAt };
  }

  #other({ from, to }: Token, now: number): Window {
    const at = (share: number): number => from + (to - from) * share;
    return this.#chance.pick([
      { start: at(0.3), end: at(0.32) },
      { start: at(0.9), end: at(0.95) },
      { start: now - 7200, end: now - 3600 },
      { start: to + DAY, end: to + 2 * DAY },
      { start: 2 ** 40, end: 2 ** 40 + 1 },
      { start: at(0.5), end: at(0.4) },
    ]);
  }
}

function usual({ from, to }: Token): Window {
  return { start: from + (to - from) * 0.65, end: from + (to - from) * 0.67 };
}
