// What happened, as data: NDJSON lines of `run` and `issue`, and the timeline of the text output.
import type { Instant } from '../base/clock.ts';
import type { HandChange } from '../ports/provider.ts';
import type { Reason } from '../rollover/reasons.ts';
import type { Stage } from '../rollover/forecast/forecast.ts';
import type { Renamed } from './standing.ts';

interface Base {
  readonly at: Instant;
  readonly certificate: string;
  /** It happened at a test environment of the CA, and says nothing of the certificate in use. */
  readonly tryOut?: true;
}

/** Where a deployment will write, and what it will run. */
export interface TargetAhead {
  readonly label: string;
  readonly writes: readonly string[];
  readonly runs: readonly (readonly string[])[];
}

export type Event = Base &
  (
    | { readonly event: 'rebuilt'; readonly generations: number }
    | { readonly event: 'operator'; readonly what: string; readonly detail: string }
    | { readonly event: 'key-created'; readonly generation: number; readonly keyType: string }
    | { readonly event: 'ordered'; readonly generation: number; readonly orderUrl: string }
    | { readonly event: 'challenge-published'; readonly owner: string }
    /** For the sake of a challenge, with the operator's word. */
    | { readonly event: 'wildcard-silent'; readonly detail: string }
    | { readonly event: 'challenge-answered'; readonly identifier: string }
    | { readonly event: 'issued'; readonly generation: number; readonly notAfter: Instant }
    | {
        readonly event: 'published' | 'withdrawn';
        readonly owner: string;
        readonly ttl: number;
        readonly add: readonly string[];
        readonly remove: readonly string[];
      }
    /**
     * A person is asked for a change of a zone. Where aliases lead to the owner, `certificate` may
     * be empty.
     */
    | ({ readonly event: 'by-hand' } & HandChange)
    | { readonly event: 'served-everywhere'; readonly owner: string; readonly since: Instant }
    | { readonly event: 'deploying'; readonly generation: number }
    | { readonly event: 'deployed'; readonly generation: number }
    /** Something else lay at a target, or it had not taken the live generation yet. */
    | {
        readonly event: 'repaired';
        readonly generation: number;
        readonly target: string;
        readonly differences: readonly string[];
      }
    | {
        readonly event: 'not-repaired';
        readonly generation: number;
        readonly target: string;
        readonly code: string;
        readonly message: string;
        readonly hint?: string;
        readonly exit: number;
      }
    /** Services that worked before the deployment, and do not since. */
    | {
        readonly event: 'broken';
        readonly generation: number;
        readonly reasons: readonly Reason[];
      }
    /**
     * A target fails for so long that all go back: `to` is brought back as `generation`, instead of
     * `from`.
     */
    | {
        readonly event: 'rolled-back';
        readonly generation: number;
        readonly from: number;
        readonly to: number;
        readonly because: string;
      }
    | { readonly event: 'proven'; readonly generation: number; readonly endpoints: number }
    /** The CA's test environment issued; nothing of it was kept. */
    | { readonly event: 'tried'; readonly directory: string; readonly notAfter: Instant }
    /**
     * Of a dry run: the next step in words, and the whole way with its times as far as they can be
     * foreseen.
     */
    | {
        readonly event: 'planned';
        readonly step: string;
        readonly way: readonly Stage[];
        readonly targets: readonly TargetAhead[];
      }
    | {
        readonly event: 'waiting';
        readonly until: Instant;
        readonly known: boolean;
        readonly reasons: readonly Reason[];
        /** What comes after it, where that is known. */
        readonly then?: Stage;
      }
    | { readonly event: 'blocked'; readonly person: boolean; readonly reasons: readonly Reason[] }
    | { readonly event: 'done'; readonly until: Instant }
    /** Nothing of it is known any more; `archive`: where its keys and chains lie. */
    | { readonly event: 'deleted'; readonly archive?: string }
    /** It goes on under this name. */
    | ({ readonly event: 'renamed' } & Renamed)
    /**
     * No certificate of the configuration stands for it. `owner`: where records of ours are;
     * without it keys and state are all there is.
     */
    | {
        readonly event: 'left-behind';
        readonly owner?: string;
        readonly records: readonly string[];
        readonly because: string;
        readonly hint: string;
      }
    /** Another client renews what is adopted, or keeps its own files where a target lies. */
    | {
        readonly event: 'managed-elsewhere';
        readonly client: string;
        readonly because: string;
        readonly hint: string;
      }
    | {
        readonly event: 'failed';
        readonly code: string;
        readonly message: string;
        readonly hint?: string;
        readonly exit: number;
      }
  );
