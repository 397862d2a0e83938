// The values between the parts of the planner, and for the code that explains or carries out a
// plan: edits, reasons, steps, plans.
import type { Instant, Seconds } from '../base/clock.ts';
import type { Fqdn } from '../dns/name.ts';
import type { RdataHex } from '../dns/rrset.ts';
import type { Reason } from './reasons.ts';

/** A change of one RRset: single records, and the RRset it was judged against. */
export interface Edit {
  readonly owner: Fqdn;
  readonly add: readonly RdataHex[];
  readonly remove: readonly RdataHex[];
  readonly ttl: Seconds;
  readonly expect: readonly RdataHex[];
  readonly expectTtl: Seconds;
}

export function needsPerson(reasons: readonly Reason[]): boolean {
  return reasons.some(({ needs }) => needs === 'person');
}

/** A wait whose end is not known: blocked, if it should have ended long ago. */
export function waitFor(reasons: readonly Reason[], until: Instant): Plan {
  if (needsPerson(reasons)) return { kind: 'blocked', person: true, reasons };
  return { kind: 'wait', until, known: false, reasons };
}

export type Step =
  /**
   * A new private key; `sameKeyAs`: the key of another generation is used again; `ahead`: no order
   * is placed for it now; `request`: the file with the operator's request for a key that is
   * elsewhere.
   */
  | {
      readonly kind: 'create-key';
      readonly generation: number;
      readonly sameKeyAs?: number;
      readonly ahead?: true;
      readonly request?: string;
    }
  | { readonly kind: 'obtain'; readonly generation: number }
  /** Key and certificate of another program become a generation; `chain`: the id of its chain. */
  | { readonly kind: 'take'; readonly generation: number; readonly chain: string }
  | { readonly kind: 'publish'; readonly edit: Edit }
  /** To targets on other machines, which check it and do not load it yet. */
  | {
      readonly kind: 'send';
      readonly generation: number;
      readonly targets: readonly string[];
      readonly labels: readonly string[];
    }
  | { readonly kind: 'deploy'; readonly generation: number }
  | { readonly kind: 'reload'; readonly generation: number }
  /** The live generation again, at these targets: they have other files, or did not take it yet. */
  | {
      readonly kind: 'repair';
      readonly generation: number;
      readonly targets: readonly string[];
      readonly labels: readonly string[];
    }
  /**
   * Key and chain of an earlier generation become the next one, in place of one that cannot be
   * deployed everywhere.
   */
  | {
      readonly kind: 'roll-back';
      readonly generation: number;
      readonly to: number;
      readonly from: number;
    }
  | { readonly kind: 'prove'; readonly generation: number };

export type Plan =
  | { readonly kind: 'step'; readonly step: Step; readonly reasons: readonly Reason[] }
  /**
   * `until`: when to check again. `known`: the wait ends at this time, and does not depend on an
   * act.
   */
  | {
      readonly kind: 'wait';
      readonly until: Instant;
      readonly known: boolean;
      readonly reasons: readonly Reason[];
    }
  | { readonly kind: 'done'; readonly until: Instant; readonly reasons: readonly Reason[] }
  | { readonly kind: 'blocked'; readonly person: boolean; readonly reasons: readonly Reason[] };

export function step(what: Step, reasons: readonly Reason[] = []): Extract<Plan, { kind: 'step' }> {
  return { kind: 'step', step: what, reasons };
}
