// What the CA issues and what is done with it: one certificate in a floor (rule 28), no revoked one
// deployed anywhere (rule 29).
import type { Token } from './tokens.ts';

const HOUR = 3600;

export class Issuance {
  readonly #violate: (text: string) => void;
  #last: { readonly at: number; readonly lifetime: number } | undefined;
  /** Orders for which there was another reason than the time. */
  #excused = 0;
  /** Serial numbers that the operator had revoked, and holger reported it. */
  readonly revoked = new Set<number>();
  #placed: number | undefined;
  readonly #everPlaced = new Set<number>();

  constructor(violate: (text: string) => void) {
    this.#violate = violate;
  }

  /** It is forced, its key is compromised, or it is revoked: one more may follow at once. */
  excuse(): void {
    this.#excused += 1;
  }

  given({ from, to }: Token, at: number): void {
    const last = this.#last;
    this.#last = { at, lifetime: to - from };
    if (last === undefined || at >= last.at + Math.max(HOUR, last.lifetime / 10)) return;
    if (this.#excused > 0) this.#excused -= 1;
    else this.#violate(`rule 28: two orders within ${(at - last.at).toFixed(0)} s`);
  }

  placed(key: string, [leaf]: readonly Token[], recalled: ReadonlySet<number>): void {
    if (leaf === undefined) return;
    const { serial } = leaf;
    if (leaf.key !== key)
      this.#violate(`rule 27: the key ${key} is placed with a certificate of ${leaf.key}`);
    if (this.revoked.has(serial))
      this.#violate(`rule 29: what is revoked is placed, number ${serial}`);
    // A live chain that is revoked stays until it is replaced; nothing is rolled back to it. One
    // that was staged may follow a live chain that is worse (plan/order/recalled.ts).
    const returns = this.#placed !== serial && this.#everPlaced.has(serial);
    if (returns && recalled.has(serial))
      this.#violate(`rule 29: what the CA recalled is brought back, number ${serial}`);
    this.#placed = serial;
    this.#everPlaced.add(serial);
  }
}
