// How one act of the engine ends when it does not throw.
import type { Instant } from '../../base/clock.ts';
import type { Reason } from '../../rollover/reasons.ts';

export type Outcome =
  | { readonly kind: 'advanced' }
  /** `soon`: seconds, not minutes; a run without `--wait` stays for it within its patience. */
  | {
      readonly kind: 'wait';
      readonly until: Instant;
      readonly soon: boolean;
      readonly reasons: readonly Reason[];
    };

export const ADVANCED: Outcome = { kind: 'advanced' };
