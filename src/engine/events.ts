// What happened, as data: NDJSON lines of `run` and `issue`, and the timeline of the text output.
import type { Instant } from '../base/clock.ts';
import type { HandChange } from '../ports/provider.ts';
import type { Reason } from '../rollover/reasons.ts';
import type { Stage } from '../rollover/forecast/forecast.ts';
import type { Renamed } from './standing.ts';

interface Base {
  readonly at: Instant;
  readonly certificate: string;
  /** It happened at a test environment of the CA, and does not concern the certificate in use. */
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
    | {
        readonly event: 'key-created';
        readonly generation: number;
        readonly keyType: string;
        /** It was not made here: the file with the operator's request for it. */
        readonly request?: string;
      }
    | {
        readonly event: 'ordered';
        readonly generation: number;
        readonly orderUrl: string;
        /** The preferred issuer, where orders have failed since then. */
        readonly insteadOf?: { readonly directory: string; readonly since: Instant };
      }
    | { readonly event: 'challenge-published'; readonly owner: string }
    /** For a challenge, with the operator's permission. */
    | { readonly event: 'wildcard-silent'; readonly detail: string }
    | { readonly event: 'challenge-answered'; readonly identifier: string }
    | { readonly event: 'issued'; readonly generation: number; readonly notAfter: Instant }
    /** Key and certificate of another program, which renews it. */
    | {
        readonly event: 'taken';
        readonly generation: number;
        readonly from: string;
        readonly notAfter: Instant;
      }
    | {
        readonly event: 'published' | 'withdrawn';
        readonly owner: string;
        readonly ttl: number;
        readonly add: readonly string[];
        readonly remove: readonly string[];
      }
    /**
     * A person is asked to change a zone. If aliases lead to the owner, `certificate` may be empty.
     */
    | ({ readonly event: 'by-hand' } & HandChange)
    | { readonly event: 'served-everywhere'; readonly owner: string; readonly since: Instant }
    /** A target on another machine has it, has checked it, and does not load it yet. */
    | { readonly event: 'sent'; readonly generation: number; readonly target: string }
    | {
        readonly event: 'not-sent';
        readonly generation: number;
        readonly target: string;
        readonly code: string;
        readonly message: string;
        readonly hint?: string;
        readonly exit: number;
      }
    | { readonly event: 'deploying'; readonly generation: number }
    | { readonly event: 'deployed'; readonly generation: number }
    /** A target had other files, or had not taken the live generation yet. */
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
    /** Services that worked before the deployment, and fail since then. */
    | {
        readonly event: 'broken';
        readonly generation: number;
        readonly reasons: readonly Reason[];
      }
    /**
     * A target fails for so long that all are rolled back: `to` is deployed again as `generation`,
     * in place of `from`.
     */
    | {
        readonly event: 'rolled-back';
        readonly generation: number;
        readonly from: number;
        readonly to: number;
        readonly because: string;
      }
    | { readonly event: 'proven'; readonly generation: number; readonly endpoints: number }
    /** The commands of the operator around all orders and deployments of a run. */
    | { readonly event: 'before-run'; readonly command: string }
    | { readonly event: 'after-run'; readonly command: string }
    | {
        readonly event: 'after-failed';
        readonly code: string;
        readonly message: string;
        readonly hint?: string;
        readonly exit: number;
      }
    /** Of a dry run. */
    | {
        readonly event: 'commands-planned';
        readonly before?: readonly string[];
        readonly after?: readonly string[];
      }
    /** The CA's test environment issued; nothing of it was stored. */
    | { readonly event: 'tried'; readonly directory: string; readonly notAfter: Instant }
    /**
     * Of a dry run: the next step in words, and all steps with their times as far as they can be
     * known.
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
        /** What comes after it, if that is known. */
        readonly then?: Stage;
      }
    | { readonly event: 'blocked'; readonly person: boolean; readonly reasons: readonly Reason[] }
    | { readonly event: 'done'; readonly until: Instant }
    /** Its state was removed; `archive`: the folder of its keys and chains. */
    | { readonly event: 'deleted'; readonly archive?: string }
    /** It continues under this name. */
    | ({ readonly event: 'renamed' } & Renamed)
    /**
     * No configured certificate replaces it. `owner`: where records of holger are; without it there
     * are only keys and state.
     */
    | {
        readonly event: 'left-behind';
        readonly owner?: string;
        readonly records: readonly string[];
        readonly because: string;
        readonly hint: string;
      }
    /**
     * Another client renews the adopted certificate, or keeps its own files in the folder of a
     * target.
     */
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
