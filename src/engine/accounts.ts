// What the certificates of a process know together of the accounts at their CAs: what is stored,
// which orders are under way, and when those that wait for a limit may be placed.
import type { Instant, Seconds } from '../base/clock.ts';
import { createLimit } from '../base/limit.ts';
import { limitAhead } from '../rollover/plan/order/ca-limits.ts';
import type { Ahead, Bucket } from '../rollover/plan/order/ca-limits.ts';
import type { AccountMemory } from '../rollover/record/account.ts';

/** Another process seldom works with the same account; what it has stored is seen by then. */
const FRESH: Seconds = 10;

/** Revision 0: there is no document. */
export interface Known {
  readonly value: AccountMemory | undefined;
  readonly revision: number;
}

/** At one issuer. */
export class Account {
  /** One at a time reads or writes the document. */
  readonly inTurn = createLimit(1);
  /** The CA has refused all orders of the account in this process. */
  isRefused = false;
  readonly #issuer: string;
  #known: (Known & { readonly at: Instant }) | undefined;
  /** By certificate. */
  readonly #underWay = new Map<string, readonly Bucket[]>();
  readonly #waiting = new Map<string, Ahead>();
  /** By bucket. */
  readonly #promised = new Map<string, Instant>();

  constructor(issuer: string) {
    this.#issuer = issuer;
  }

  /** As it was read or written a short time ago. */
  knownAt(now: Instant): Known | undefined {
    const known = this.#known;
    return known !== undefined && now >= known.at && now - known.at < FRESH ? known : undefined;
  }

  keep(known: Known, at: Instant): void {
    this.#known = { ...known, at };
  }

  get memory(): AccountMemory | undefined {
    return this.#known?.value;
  }

  /**
   * Until when an order waits that takes tokens from these buckets; undefined: it may be placed.
   * Each one that waits has its own time, so that they do not all come back at the same one.
   */
  ahead(certificate: string, buckets: readonly Bucket[], now: Instant): Ahead | undefined {
    const waits = this.#waiting.get(certificate);
    if (waits !== undefined && waits.until > now) return waits;
    const others = {
      underWay: [...this.#underWay.values()].flat(),
      // One whose time has come need not go behind those that wait.
      promised: (bucket: Bucket) =>
        waits === undefined ? this.#promised.get(idOf(bucket)) : undefined,
    };
    const ahead = limitAhead(buckets, this.memory?.used ?? {}, this.#issuer, now, others);
    if (ahead === undefined) return undefined;
    this.#waiting.set(certificate, ahead);
    const id = idOf(ahead.bucket);
    this.#promised.set(id, Math.max(ahead.until, this.#promised.get(id) ?? ahead.until));
    return ahead;
  }

  begin(certificate: string, buckets: readonly Bucket[]): void {
    this.#waiting.delete(certificate);
    this.#underWay.set(certificate, buckets);
  }

  /** What it took is stored, or it took nothing. */
  end(certificate: string): void {
    this.#underWay.delete(certificate);
  }
}

const idOf = ({ limit, what }: Bucket): string => `${limit} ${what}`;

export class Accounts {
  readonly #accounts = new Map<string, Account>();

  /** `issuer`: an id (Intent.directory). */
  at(issuer: string): Account {
    const account = this.#accounts.get(issuer) ?? new Account(issuer);
    this.#accounts.set(issuer, account);
    return account;
  }
}
