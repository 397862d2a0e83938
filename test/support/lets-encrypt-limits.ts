// The rate limits that Let's Encrypt publishes (letsencrypt.org/docs/rate-limits, as of
// 2026-08-05): each is a bucket of `most` tokens that fills again evenly over `window`. Renewals
// with ARI need no token of any bucket; a renewal of exactly the same names needs none of the first
// two.
import type { Instant, Seconds } from '../../src/base/clock.ts';

export interface CountedOrder {
  readonly account: string;
  /** DNS names; wildcards as they are ordered. */
  readonly names: readonly string[];
  /** It names the certificate that it replaces, which nothing has replaced before (RFC 9773 §5). */
  readonly byAri: boolean;
  /** A certificate for exactly these names was issued before. */
  readonly isRenewal: boolean;
}

export interface Limit {
  readonly name: string;
  readonly most: number;
  readonly window: Seconds;
  /** In the documentation; each answer links to it. */
  readonly anchor: string;
  readonly countsRenewals: boolean;
  /** One bucket each. */
  readonly bucketsOf: (order: CountedOrder) => readonly string[];
}

const DAY = 86_400;

/** Enough for tests, whose zones are directly below a top-level domain. */
const registeredDomain = (name: string): string => name.split('.').slice(-2).join('.');
const unique = (names: readonly string[]): string[] => [...new Set(names)].sort();

export const LETS_ENCRYPT: readonly Limit[] = [
  {
    ...{ name: 'new orders of an account', most: 300, window: 3 * 3600 },
    anchor: 'new-orders-per-account',
    countsRenewals: false,
    bucketsOf: ({ account }) => [account],
  },
  {
    ...{ name: 'new certificates of a registered domain', most: 50, window: 7 * DAY },
    anchor: 'new-certificates-per-registered-domain',
    countsRenewals: false,
    bucketsOf: ({ names }) => unique(names.map(registeredDomain)),
  },
  {
    ...{ name: 'new certificates of exactly these names', most: 5, window: 7 * DAY },
    anchor: 'new-certificates-per-exact-set-of-identifiers',
    countsRenewals: true,
    bucketsOf: ({ names }) => [unique(names).join(',')],
  },
];

export interface Refusal {
  readonly limit: Limit;
  readonly bucket: string;
  readonly until: Instant;
}

/** What is left in each bucket; an order takes one token of each, or none of any. */
export class Buckets {
  readonly #limits: readonly Limit[];
  /** When the bucket will be full again. */
  readonly #fullAt = new Map<string, Instant>();
  /** The least that was left in any bucket of a limit. */
  readonly lowest = new Map<string, number>();

  constructor(limits: readonly Limit[] = LETS_ENCRYPT) {
    this.#limits = limits;
    for (const { name, most } of limits) this.lowest.set(name, most);
  }

  /** @returns the refusal of the first empty bucket; undefined: the tokens are taken */
  order(order: CountedOrder, now: Instant): Refusal | undefined {
    if (order.byAri) return undefined;
    const taken: [string, Instant][] = [];
    for (const limit of this.#limits) {
      if (order.isRenewal && !limit.countsRenewals) continue;
      const each = limit.window / limit.most;
      for (const bucket of limit.bucketsOf(order)) {
        const key = `${limit.name} ${bucket}`;
        const fullAt = Math.max(this.#fullAt.get(key) ?? 0, now) + each;
        if (fullAt > now + limit.window) return { limit, bucket, until: fullAt - limit.window };
        const left = Math.floor((now + limit.window - fullAt) / each);
        this.lowest.set(limit.name, Math.min(left, this.lowest.get(limit.name) ?? left));
        taken.push([key, fullAt]);
      }
    }
    for (const [key, fullAt] of taken) this.#fullAt.set(key, fullAt);
    return undefined;
  }
}
