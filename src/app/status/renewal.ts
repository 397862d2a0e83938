// When a certificate is due, as a calculation: each time with its reason, which one counts, and
// what moves them.
import type { Instant, Seconds } from '../../base/clock.ts';
import { formatInstant } from '../../base/clock.ts';
import { formatDuration } from '../../base/duration.ts';
import { renewalOf } from '../../engine/renewal.ts';
import type { Renewal } from '../../engine/renewal.ts';
import type { Intent, Lineage } from '../../rollover/model.ts';
import { liveGeneration } from '../../rollover/model.ts';
import { renewShare, rotationDue } from '../../rollover/plan/order/renewal.ts';
import type { RenewalCause } from '../../rollover/plan/order/renewal.ts';

export interface RenewalCandidateStatus {
  readonly cause: RenewalCause | 'recalled' | 'rollback' | 'rotate-key' | 'elsewhere';
  /** Undefined: at once. */
  readonly dueAt: Instant | undefined;
  /** Before it is moved. */
  readonly at: Instant | undefined;
  readonly because: string;
}

export interface RenewalStatus {
  /** The earliest comes first, and counts. */
  readonly candidates: readonly RenewalCandidateStatus[];
  /** By which every time is earlier: the wait of the last rollover. */
  readonly wait: Seconds;
  /** By which times that the CA has not named are earlier, too, and the most that it can be. */
  readonly spread: Seconds;
  readonly window: Seconds;
}

/** Undefined while nothing is live. */
export function renewalStatus(intent: Intent, lineage: Lineage): RenewalStatus | undefined {
  const renewal = renewalOf({ intent }, lineage);
  const live = liveGeneration(lineage);
  if (renewal === undefined || live === undefined) return undefined;
  const rotateAt = rotationDue(live, intent);
  const candidates = [...candidatesOf(renewal, intent, lineage)];
  if (Number.isFinite(rotateAt)) {
    const age = formatDuration(intent.rotateKeyEvery ?? 0);
    const because = `rotate_key_every = ${age}, and its key was made at ${formatInstant(live.keyMadeAt)}`;
    candidates.push({ cause: 'rotate-key', dueAt: rotateAt, at: rotateAt, because });
  }
  const moved = renewal.kind === 'reckoned' ? renewal : { wait: 0, spread: 0, window: 0 };
  const { wait, spread, window } = moved;
  const earliestFirst = candidates.sort((a, b) => (a.dueAt ?? -Infinity) - (b.dueAt ?? -Infinity));
  return { candidates: earliestFirst, wait, spread, window };
}

function candidatesOf(
  renewal: Renewal,
  intent: Intent,
  lineage: Lineage,
): readonly RenewalCandidateStatus[] {
  switch (renewal.kind) {
    case 'recalled': {
      const url = lineage.renewal?.explanationUrl;
      const page = url === undefined ? '' : `, and explains it at ${url}`;
      const because = `the CA asks for an early renewal since ${formatInstant(renewal.since)} (ARI)${page}`;
      return [{ cause: 'recalled', dueAt: undefined, at: undefined, because }];
    }
    case 'rollback': {
      const because = 'half of the lifetime is over that was left when it was deployed again';
      return [{ cause: 'rollback', dueAt: renewal.due, at: renewal.due, because }];
    }
    case 'elsewhere': {
      const because = `another program renews it, and its new certificate is expected at ${renewal.source} by then`;
      return [{ cause: 'elsewhere', dueAt: renewal.due, at: renewal.due, because }];
    }
    case 'reckoned':
      return renewal.candidates.map(({ cause, at, due }) => {
        return { cause, dueAt: due, at, because: REASON[cause](renewal, intent, lineage) };
      });
  }
}

type Reckoned = Extract<Renewal, { readonly kind: 'reckoned' }>;

const REASON: Readonly<
  Record<RenewalCause, (renewal: Reckoned, intent: Intent, lineage: Lineage) => string>
> = {
  ari: (_, _intent, { renewal: { windowStart = NaN, windowEnd = NaN } = {} }) =>
    `the CA suggests the time from ${formatInstant(windowStart)} to ${formatInstant(windowEnd)} (ARI), and a random one of it was chosen`,
  renew: ({ validity }, { renewBefore = 0 }) => {
    const counted = renewShare(validity, renewBefore);
    const text = `renew = ${formatDuration(renewBefore)}`;
    if (counted === renewBefore) return text;
    return `${text}, which counts as ${formatDuration(counted)}, half of the lifetime`;
  },
  lifetime: ({ validity, isShort }) => {
    const lifetime = formatDuration(validity.notAfter - validity.notBefore);
    return isShort
      ? `half of its lifetime of ${lifetime} is left, because that is less than 10 days`
      : `a third of its lifetime of ${lifetime} is left`;
  },
};
