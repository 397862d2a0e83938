// How one act ends, and where a certificate stands when a run leaves it.
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
   * The link that services may read, under its old path, which goes on, and its new one; absent:
   * nothing was live.
   */
  readonly oldLive?: string;
  readonly live?: string;
  /** Where keys lie that the new name had and never used. */
  readonly replaced?: string;
}

export type Standing =
  /** `reasons`: what stays as it is, though holger would have it otherwise. */
  | { readonly kind: 'done'; readonly until: Instant; readonly reasons: readonly Reason[] }
  /** A dry run: what is ahead was told, and nothing was done. */
  | { readonly kind: 'planned'; readonly step: string }
  | {
      readonly kind: 'wait';
      readonly until: Instant;
      readonly known: boolean;
      readonly reasons: readonly Reason[];
      /** What comes after it, where that is known. */
      readonly then?: Stage;
    }
  | { readonly kind: 'blocked'; readonly person: boolean; readonly reasons: readonly Reason[] }
  /** The test environment of the CA issued a certificate, of which nothing was kept. */
  | { readonly kind: 'tried'; readonly directory: string; readonly notAfter: Instant }
  /** It left: nothing of it is known any more. `archive`: where keys and chains lie. */
  | { readonly kind: 'gone'; readonly archive?: string }
  /** It goes on under its new name. */
  | ({ readonly kind: 'renamed' } & Renamed);
