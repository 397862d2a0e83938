// The limits that Let's Encrypt publishes for an account, as buckets of tokens.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  OF_ACCOUNT,
  afterUse,
  bucketsOf,
  failuresOf,
  limitAhead,
  limitReason,
  publishesLimits,
} from '../../src/rollover/plan/order/ca-limits.ts';
import type { Bucket, CountedOrder } from '../../src/rollover/plan/order/ca-limits.ts';
import type { Used } from '../../src/rollover/record/account.ts';
import { DAY, HOUR, NOW, intent } from './world.ts';

const LE = 'https://acme-v02.api.letsencrypt.org/directory';

const order = (names: readonly string[], more: Partial<CountedOrder> = {}): CountedOrder => ({
  ...{ names, replaces: false, isRenewal: false },
  ...more,
});

const times = (count: number, buckets: readonly Bucket[], used: Used = {}): Used =>
  Array.from({ length: count }).reduce((sum: Used) => afterUse(buckets, sum, LE, NOW), used);

const untilOf = (buckets: readonly Bucket[], used: Used, now = NOW): number | undefined =>
  limitAhead(buckets, used, LE, now)?.until;

const LIMITS = [
  { of: [OF_ACCOUNT], most: 300, window: 3 * HOUR },
  { of: bucketsOf(order(['a.example'], { isRenewal: true })), most: 5, window: 7 * DAY },
  { of: failuresOf(['a.example']), most: 5, window: HOUR },
] as const;

/** What is left, in seconds of filling: the definition of a bucket, without its shortcuts. */
class Tokens {
  readonly #each: number;
  readonly #window: number;
  #left: number;
  #at: number = NOW;

  constructor({ most, window }: (typeof LIMITS)[number]) {
    this.#each = window / most;
    this.#window = window;
    this.#left = window;
  }

  hasOne(now: number): boolean {
    return Math.min(this.#window, this.#left + now - this.#at) >= this.#each;
  }

  take(now: number): void {
    this.#left = Math.min(this.#window, this.#left + now - this.#at) - this.#each;
    this.#at = now;
  }
}

/** Orders that come together, some time after those before them. */
const arrivals = fc.array(
  fc.record({
    gap: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 2 * DAY })),
    count: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 350 })),
  }),
  { minLength: 1, maxLength: 8 },
);

describe.each(LIMITS)('a limit of $most in $window seconds', (limit) => {
  it('lets no order through without a token, and none wait for longer than the next token', () => {
    fc.assert(
      fc.property(arrivals, (all) => {
        const tokens = new Tokens(limit);
        const taken: number[] = [];
        let used: Used = {};
        let now = NOW;
        for (const { gap, count } of all) {
          now += gap;
          for (let one = 0; one < count; one += 1) {
            const until = untilOf(limit.of, used, now);
            if (until !== undefined) {
              if (tokens.hasOne(until - 1)) return false;
              now = until;
              if (untilOf(limit.of, used, now) !== undefined) return false;
            }
            if (!tokens.hasOne(now)) return false;
            tokens.take(now);
            used = afterUse(limit.of, used, LE, now);
            taken.push(now);
          }
        }
        // In any span: what a full bucket has, and what it is filled with meanwhile.
        const each = limit.window / limit.most;
        return taken.every((from, at) => {
          const within = taken.slice(at).filter((to) => to <= from + limit.window).length;
          const last = taken[at + limit.most] ?? Infinity;
          return within <= 2 * limit.most && last >= from + each;
        });
      }),
    );
  });
});

describe('the limits of Let’s Encrypt', () => {
  it('are known for its production alone', () => {
    expect(publishesLimits(LE)).toBe(true);
    expect(publishesLimits(`${LE}#second`)).toBe(true);
    for (const other of [
      'https://acme-staging-v02.api.letsencrypt.org/directory',
      'https://ca.example/directory',
      'private-ca:own',
      'https://constructor/',
    ]) {
      expect(publishesLimits(other)).toBe(false);
      const used = afterUse([OF_ACCOUNT], {}, other, NOW);
      expect(used).toEqual({});
      const empty = { orders: { account: NOW + 3 * HOUR } };
      expect(limitAhead([OF_ACCOUNT], empty, other, NOW)).toBeUndefined();
    }
  });

  it('let 300 new orders through at once, and then one in 36 seconds', () => {
    const buckets = bucketsOf(order(['a.example']));
    const full = times(299, [OF_ACCOUNT]);
    expect(untilOf(buckets, full)).toBeUndefined();
    expect(untilOf(buckets, times(1, [OF_ACCOUNT], full))).toBe(NOW + 36);
  });

  it('count five certificates for exactly the same names, in any order and spelling of the list', () => {
    const used = times(5, bucketsOf(order(['b.example', 'a.example'])));
    const same = bucketsOf(order(['a.example', 'b.example', 'a.example']));
    expect(untilOf(same, used)).toBe(NOW + (7 * DAY) / 5);
    expect(untilOf(bucketsOf(order(['a.example'])), used)).toBeUndefined();
    expect(untilOf(bucketsOf(order(['*.a.example', 'b.example'])), used)).toBeUndefined();
  });

  it('count a renewal of the same names for these alone, and one with ARI for nothing', () => {
    const names = ['a.example'];
    const [renewal, ...more] = bucketsOf(order(names, { isRenewal: true }));
    expect([renewal?.limit, more]).toEqual(['sets', []]);
    expect(bucketsOf(order(names, { replaces: true, isRenewal: true }))).toEqual([]);
  });

  it('count five failed validations of a name, of which a wildcard is one', () => {
    expect(failuresOf(['*.a.example', 'a.example'])).toHaveLength(1);
    const used = times(5, failuresOf(['*.a.example']));
    expect(untilOf(failuresOf(['b.example', 'a.example']), used)).toBe(NOW + 720);
    expect(untilOf(failuresOf(['b.example']), used)).toBeUndefined();
  });

  it('are named by the one that lasts longest', () => {
    const buckets = bucketsOf(order(['a.example']));
    const used = times(5, buckets, times(300, [OF_ACCOUNT]));
    const ahead = limitAhead([...buckets, ...failuresOf(['a.example'])], used, LE, NOW);
    if (ahead === undefined) throw new RangeError('nothing is ahead');
    expect(limitReason(ahead, intent({}, { directory: LE, name: 'mx1' }))).toMatchObject({
      rule: 'ca-limit',
      because: 'the CA allows 5 certificates for exactly these names in 7d, and they are used up',
      hint: 'if the CA allows this account more: holger run mx1 orders now',
      until: NOW + (7 * DAY) / 5,
    });
  });

  it('keep nothing that is unused, and not more than a document can hold', () => {
    const before = times(3, [OF_ACCOUNT]);
    expect(afterUse([], before, LE, NOW + 3 * 36)).toEqual({ orders: {} });
    const many = Array.from({ length: 1200 }, (_, at) => failuresOf([`h${at}.example`])).flat();
    const [first] = failuresOf(['h0.example']);
    if (first === undefined) throw new RangeError('no bucket');
    const used = afterUse([...many, first], {}, LE, NOW);
    expect(Object.keys(used['failures'] ?? {})).toHaveLength(1000);
    expect(used['failures']?.['h0.example']).toBe(NOW + 2 * 720);
  });

  it('are never more than empty, whatever another clock has stored', () => {
    const used = { orders: { account: NOW + 1000 * DAY } };
    expect(untilOf([OF_ACCOUNT], used)).toBe(NOW + 36);
    const more = times(1000, [OF_ACCOUNT]);
    expect(more).toEqual({ orders: { account: NOW + 3 * HOUR } });
  });

  it('keep what a later version counts', () => {
    const used = { domains: { 'example.org': NOW + DAY } };
    expect(afterUse([OF_ACCOUNT], used, LE, NOW)).toMatchObject(used);
  });
});

describe('orders of one process', () => {
  const others = (underWay: readonly Bucket[], promised?: number) => ({
    underWay,
    promised: () => promised,
  });

  it('take their tokens when they are sent, and those that wait follow each other', () => {
    const used = times(298, [OF_ACCOUNT]);
    const until = (underWay: number, promised?: number): number | undefined => {
      const two = Array.from({ length: underWay }, () => OF_ACCOUNT);
      return limitAhead([OF_ACCOUNT], used, LE, NOW, others(two, promised))?.until;
    };
    expect(until(1)).toBeUndefined();
    expect(until(2)).toBe(NOW + 36);
    expect(until(2, NOW + 36)).toBe(NOW + 72);
    expect(until(1, NOW - 1)).toBeUndefined();
  });
});
