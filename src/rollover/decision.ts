// What the parts of the planner hand to one another and to whoever explains or carries out a plan.
import type { Instant, Seconds } from '../base/clock.ts';
import type { Fqdn } from '../dns/name.ts';
import type { RdataHex } from '../dns/rrset.ts';

/** A change of one RRset: single records, and the RRset it was judged against. */
export interface Edit {
  readonly owner: Fqdn;
  readonly add: readonly RdataHex[];
  readonly remove: readonly RdataHex[];
  readonly ttl: Seconds;
  readonly expect: readonly RdataHex[];
  readonly expectTtl: Seconds;
}

/** One refusal or one wait, in words: what said no, where it stands written, and when that may change. */
export interface Reason {
  readonly rule: string;
  readonly because: string;
  readonly section: string;
  /** What a person can do about it, where that is not plain. */
  readonly hint?: string;
  /** Earliest time at which it may change; absent when it depends on something else than time. */
  readonly until?: Instant;
}

/** Unanswered is unknown, and unknown allows no step (rule 1). */
export function serversAreSilent(owner: Fqdn): Reason {
  const because = `no authoritative server answered for ${owner}, so its present RRset is not known`;
  return { rule: 'servers-answer', because, section: 'design: laws, rule 1' };
}
