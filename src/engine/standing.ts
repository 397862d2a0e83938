// How one act ends, and the state of a certificate when a run leaves it.
import type { Instant } from '../base/clock.ts';
import type { Reason } from '../rollover/reasons.ts';
import type { Stage } from '../rollover/forecast/forecast.ts';

/** Of an act that does not throw. */
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

export interface Renamed {
  /** The old name. */
  readonly from: string;
  /**
   * The link that services may read: its old path, which continues to work, and its new one;
   * absent: nothing was live.
   */
  readonly oldLive?: string;
  readonly live?: string;
  /** The folder of unused keys of the new name. */
  readonly replaced?: string;
}

export type Standing =
  /** `reasons`: differences that holger could not repair. */
  | { readonly kind: 'done'; readonly until: Instant; readonly reasons: readonly Reason[] }
  /** A dry run: the next steps were printed, and nothing was done. */
  | { readonly kind: 'planned'; readonly step: string }
  | {
      readonly kind: 'wait';
      readonly until: Instant;
      readonly known: boolean;
      readonly reasons: readonly Reason[];
      /** What comes after it, if that is known. */
      readonly then?: Stage;
    }
  | { readonly kind: 'blocked'; readonly person: boolean; readonly reasons: readonly Reason[] }
  /** The test environment of the CA issued a certificate; nothing of it was stored. */
  | { readonly kind: 'tried'; readonly directory: string; readonly notAfter: Instant }
  /** It was deleted: its state was removed. `archive`: the folder of its keys and chains. */
  | { readonly kind: 'gone'; readonly archive?: string }
  /** It continues under its new name. */
  | ({ readonly kind: 'renamed' } & Renamed);
