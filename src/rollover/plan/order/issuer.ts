// Which issuer is asked next, when a certificate names several: the first one that has not failed
// for longer than the operator's patience.
import type { Instant, Seconds } from '../../../base/clock.ts';
import { liveGeneration } from '../../model.ts';
import type { Intent, Lineage } from '../../model.ts';

/** Of a first certificate: nothing expires, but the operator waits for it. */
const FIRST_PATIENCE: Seconds = 3600;

type Issuers = Pick<Intent, 'directory' | 'otherDirectories' | 'issuerPatience'>;

const inOrder = ({ directory, otherDirectories = [] }: Issuers): readonly string[] => [
  directory,
  ...otherDirectories,
];

/** A third of the lifetime that was left at the first failure, if the operator names no time. */
function patienceFrom(failedAt: Instant, { issuerPatience }: Issuers, lineage: Lineage): Seconds {
  if (issuerPatience !== undefined) return issuerPatience;
  const leaf = liveGeneration(lineage)?.chain?.certificates[0];
  return leaf === undefined ? FIRST_PATIENCE : Math.max(0, leaf.notAfter - failedAt) / 3;
}

/** The issuer and since when the ones before it have failed. */
export interface ChosenIssuer {
  readonly directory: string;
  /** Absent: it is the preferred one. */
  readonly insteadOf?: { readonly directory: string; readonly since: Instant };
}

export function chosenIssuer(intent: Issuers, lineage: Lineage, now: Instant): ChosenIssuer {
  const { orderFailures = {} } = lineage;
  const isAsked = (directory: string): boolean => {
    const failedAt = orderFailures[directory];
    // A time in the future was stored under another clock.
    if (failedAt === undefined || failedAt > now) return true;
    return now < failedAt + patienceFrom(failedAt, intent, lineage);
  };
  // When all have failed for so long, it is the turn of the preferred one again.
  const directory = inOrder(intent).find(isAsked) ?? intent.directory;
  const since = orderFailures[intent.directory];
  if (directory === intent.directory || since === undefined) return { directory };
  return { directory, insteadOf: { directory: intent.directory, since } };
}

/** The intent for this issuer: what the others have issued stays right. */
export function atIssuer(intent: Intent, directory: string): Intent {
  if (directory === intent.directory) return intent;
  const others = inOrder(intent).filter((one) => one !== directory);
  return { ...intent, directory, otherDirectories: others };
}

/** After an order has failed. When the last one has failed for too long, all begin anew. */
export function withOrderFailure(intent: Issuers, lineage: Lineage, now: Instant): Lineage {
  const { directory, otherDirectories = [] } = intent;
  if (otherDirectories.length === 0) return lineage;
  const { orderFailures = {} } = lineage;
  const failedAt = orderFailures[directory];
  if (failedAt === undefined || failedAt > now) {
    return { ...lineage, orderFailures: { ...orderFailures, [directory]: now } };
  }
  const isOver = now >= failedAt + patienceFrom(failedAt, intent, lineage);
  return isOver ? { ...lineage, orderFailures: { [directory]: now } } : lineage;
}

/** A certificate was issued. */
export function withoutOrderFailures({ orderFailures: _over, ...lineage }: Lineage): Lineage {
  return lineage;
}
