// The limits that a CA publishes for one account (RFC 8555 §6.6), so that no order is sent that it
// would refuse. Each is a bucket of tokens: full at first, it fills again evenly, and an order or a
// failed validation takes one. Of other CAs only their own answer is known (backoff.ts). Pure.
import { hash } from 'node:crypto';
import type { Instant, Seconds } from '../../../base/clock.ts';
import { formatDuration } from '../../../base/duration.ts';
import type { Intent } from '../../model.ts';
import type { Reason } from '../../reasons.ts';
import type { Used } from '../../record/account.ts';

const HOUR: Seconds = 3600;
const DAY: Seconds = 86_400;

interface Limit {
  readonly most: number;
  /** An empty bucket is full again after this time. */
  readonly window: Seconds;
  /** Completes "the CA allows 300 …". */
  words(what: string): string;
}

/**
 * letsencrypt.org/docs/rate-limits, as of 2026-08-05. A limit is missing: 50 certificates of a
 * registered domain in 7 days. Which domain is registered, only the public suffix list says, and
 * orders of others count as well: that one is left to the answer of the CA.
 */
const LETS_ENCRYPT = {
  orders: { most: 300, window: 3 * HOUR, words: () => 'new orders of an account' },
  sets: { most: 5, window: 7 * DAY, words: () => 'certificates for exactly these names' },
  failures: { most: 5, window: HOUR, words: (name) => `failed validations of ${name}` },
} as const satisfies Record<string, Limit>;

type LimitName = keyof typeof LETS_ENCRYPT;

/** By host of the directory. Limits of test environments are far from what one machine needs. */
const PUBLISHED: Readonly<Record<string, Readonly<Record<LimitName, Limit>>>> = {
  'acme-v02.api.letsencrypt.org': LETS_ENCRYPT,
};

/** `issuer`: an id (Intent.directory). */
function limitsOf(issuer: string): Readonly<Record<LimitName, Limit>> | undefined {
  const host = URL.canParse(issuer) ? new URL(issuer).hostname : '';
  return Object.hasOwn(PUBLISHED, host) ? PUBLISHED[host] : undefined;
}

export const publishesLimits = (issuer: string): boolean => limitsOf(issuer) !== undefined;

/** What a limit counts: one bucket. */
export interface Bucket {
  readonly limit: LimitName;
  readonly what: string;
}

/** The one that all orders of an account share. */
export const OF_ACCOUNT: Bucket = { limit: 'orders', what: 'account' };

export interface CountedOrder {
  /** Wildcards as they are ordered. */
  readonly names: readonly string[];
  /** It names the certificate that it replaces (RFC 9773 §5). */
  readonly replaces: boolean;
  /** A certificate for exactly these names was issued before. */
  readonly isRenewal: boolean;
}

/** From which a new order takes a token. */
export function bucketsOf({ names, replaces, isRenewal }: CountedOrder): readonly Bucket[] {
  if (replaces) return [];
  const what = hash('sha256', [...new Set(names)].sort().join(' ')).slice(0, 16);
  const set: Bucket = { limit: 'sets', what };
  return isRenewal ? [set] : [OF_ACCOUNT, set];
}

/** From which validations that fail take a token. A wildcard is validated at the name below it. */
export function failuresOf(names: readonly string[]): readonly Bucket[] {
  const bases = names.map((name) => name.replace(/^\*\./, ''));
  return [...new Set(bases)].map((what) => ({ limit: 'failures', what }));
}

export interface Ahead {
  readonly bucket: Bucket;
  readonly until: Instant;
}

/** What other certificates of this process do with the same account. */
export interface Others {
  /** What takes a token as soon as the CA accepts it. */
  readonly underWay: readonly Bucket[];
  /** The last time at which a token is promised to another order; undefined: none waits. */
  promised(bucket: Bucket): Instant | undefined;
}

const ALONE: Others = { underWay: [], promised: () => undefined };

/** The bucket that has no token for longest, and until when; undefined: all of them have one. */
export function limitAhead(
  buckets: readonly Bucket[],
  used: Used,
  issuer: string,
  now: Instant,
  { underWay, promised }: Others = ALONE,
): Ahead | undefined {
  const limits = limitsOf(issuer);
  if (limits === undefined) return undefined;
  const waits = buckets.map((bucket): Ahead => {
    const limit = limits[bucket.limit];
    const each = limit.window / limit.most;
    const taken = underWay.filter((one) => isSame(one, bucket)).length;
    const free = unusedAt(bucket, limit, used, now) + (taken + 1) * each - limit.window;
    const last = promised(bucket) ?? now;
    return { bucket, until: last > now ? Math.max(free, last + each) : free };
  });
  const [last] = waits.toSorted((a, b) => b.until - a.until);
  return last !== undefined && last.until > now ? last : undefined;
}

const isSame = (one: Bucket, other: Bucket): boolean =>
  one.limit === other.limit && one.what === other.what;

/** A bucket is never more than empty: a later time was stored under another clock. */
function unusedAt({ limit, what }: Bucket, { window }: Limit, used: Used, now: Instant): Instant {
  return Math.min(Math.max(used[limit]?.[what] ?? now, now), now + window);
}

/** Of one limit: enough for all that are in use, unless very many are nearly unused. */
const MOST_KEPT = 1000;

/** After each of these buckets has lost a token. What is unused is not kept. */
export function afterUse(
  buckets: readonly Bucket[],
  used: Used,
  issuer: string,
  now: Instant,
): Used {
  const limits = limitsOf(issuer);
  if (limits === undefined) return used;
  const after: Record<string, Record<string, Instant>> = {};
  for (const name of Object.keys(used)) after[name] = { ...used[name] };
  for (const bucket of buckets) {
    const limit = limits[bucket.limit];
    const later = unusedAt(bucket, limit, after, now) + limit.window / limit.most;
    // An order that the operator insisted on was accepted: the CA allows this account more.
    const of = (after[bucket.limit] ??= {});
    of[bucket.what] = Math.min(later, now + limit.window);
  }
  return Object.fromEntries(Object.entries(after).map(([name, each]) => [name, kept(each, now)]));
}

function kept(each: Readonly<Record<string, Instant>>, now: Instant): Record<string, Instant> {
  const inUse = Object.entries(each).filter(([, unused]) => unused > now);
  return Object.fromEntries(inUse.toSorted(([, a], [, b]) => b - a).slice(0, MOST_KEPT));
}

export type KnownWait = Reason & { readonly until: Instant };

export function limitReason({ bucket, until }: Ahead, { directory, name }: Intent): KnownWait {
  const limit = limitsOf(directory)?.[bucket.limit];
  const { most, window, words } = limit ?? LETS_ENCRYPT[bucket.limit];
  return {
    rule: 'ca-limit',
    because: `the CA allows ${most} ${words(bucket.what)} in ${formatDuration(window)}, and they are used up`,
    hint: `if the CA allows this account more: holger run ${name} orders now`,
    until,
  };
}
