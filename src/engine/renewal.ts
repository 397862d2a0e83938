// When the live certificate is due, with the CA's renewal information fetched and stored.
import type { Instant } from '../base/clock.ts';
import { AppError, reasonOf } from '../base/errors.ts';
import { liveGeneration, withGeneration } from '../rollover/model.ts';
import type { Lineage, RenewalMemory } from '../rollover/model.ts';
import { LONGEST_PAUSE } from '../rollover/backoff.ts';
import { lateAt } from '../rollover/plan/order/offer.ts';
import { isRecalled } from '../rollover/plan/order/revoked.ts';
import { chanceOf, rememberWindow, renewalTime } from '../rollover/plan/order/renewal.ts';
import type { RenewalTime, Validity } from '../rollover/plan/order/renewal.ts';
import type { Job } from './job.ts';
import type { Task } from './world.ts';

/** After a failed query for renewal information (RFC 9773 §4.3.3). */
const LOOK_AGAIN = 6 * 3600;

/** Why a certificate is due at its time. */
export type Renewal =
  /** The CA asks for it early, since then. */
  | { readonly kind: 'recalled'; readonly due: Instant; readonly since: Instant }
  /** The operator went back to this chain. */
  | { readonly kind: 'rollback'; readonly due: Instant }
  /** Another program renews it; from then on it is late. */
  | { readonly kind: 'elsewhere'; readonly due: Instant; readonly source: string }
  | ({
      readonly kind: 'reckoned';
      readonly due: Instant;
      readonly validity: Validity;
    } & RenewalTime);

/** Undefined while nothing is live. */
export function renewalOf({ intent }: Pick<Task, 'intent'>, lineage: Lineage): Renewal | undefined {
  const live = liveGeneration(lineage);
  const leaf = live?.chain?.certificates[0];
  if (live === undefined || leaf === undefined) return undefined;
  const { source } = intent;
  if (source !== undefined) return { kind: 'elsewhere', due: lateAt(leaf), source };
  // It was replaced because it was due; after a rollback the operator does not want the next one at
  // once.
  const { recalledAt, rollbackOf, issuedAt = 0 } = live;
  if (recalledAt !== undefined) return { kind: 'recalled', due: -Infinity, since: recalledAt };
  if (rollbackOf !== undefined) return { kind: 'rollback', due: (issuedAt + leaf.notAfter) / 2 };
  const { renewal: memory, lastWait = 0 } = lineage;
  const { renewBefore } = intent;
  const time = renewalTime(leaf, { memory, renewBefore, lastWait, chance: chanceOf(leaf) });
  return { kind: 'reckoned', due: time.candidates[0].due, validity: leaf, ...time };
}

/** Epoch seconds; Infinity while nothing is live. */
export function dueAt(task: Pick<Task, 'intent'>, lineage: Lineage): Instant {
  return renewalOf(task, lineage)?.due ?? Infinity;
}

/** Asks the CA when a query is due. A missing answer is not a failure of the certificate. */
export async function askForAdvice({ memory, world, call }: Job): Promise<void> {
  const live = liveGeneration(memory.lineage);
  const certId = live?.chain === undefined ? undefined : world.pki.certId(live.chain);
  if (live === undefined || certId === undefined) return;
  const before = memory.lineage.renewal;
  const now = world.clock.now();
  const nextLookAt = before?.certId === certId ? before.nextLookAt : now;
  // A time further in the future was stored under another clock.
  if (now < nextLookAt && nextLookAt <= now + LONGEST_PAUSE) return;
  const inPeace = (asked: Instant): Instant => Math.min(asked, now + LONGEST_PAUSE);
  let renewal: RenewalMemory = { certId, nextLookAt: now + LOOK_AGAIN };
  try {
    const window = await world.issuerAt(live.directory)?.renewalInfo(certId, call);
    if (window !== undefined) {
      const bounded = { ...window, nextLookAt: inPeace(window.nextLookAt) };
      renewal = rememberWindow(before, certId, bounded, world.random());
    }
  } catch (error) {
    const asked = error instanceof AppError ? (error.notBefore ?? 0) : 0;
    const again = inPeace(Math.max(asked, now + LOOK_AGAIN));
    renewal = { certId, nextLookAt: again };
    // Stored information about this certificate is kept; about another one it is dropped.
    if (before?.certId === certId) renewal = { ...before, nextLookAt: again };
    world.log.warn('renewal information not available', { certId, message: reasonOf(error) });
  }
  await memory.saveLineage({ ...noteWindow(memory.lineage, renewal, now), renewal });
}

/** The first window of the CA, and whether it has moved. */
function noteWindow(lineage: Lineage, renewal: RenewalMemory, now: Instant): Lineage {
  const live = liveGeneration(lineage);
  const leaf = live?.chain?.certificates[0];
  const { windowStart: start, windowEnd: end } = renewal;
  if (live === undefined || leaf === undefined || start === undefined || end === undefined) {
    return lineage;
  }
  const { firstWindow = { start, end }, recalledAt } = live;
  const recalled =
    recalledAt ?? (isRecalled(firstWindow, { start, end }, leaf, now) ? now : undefined);
  const told = recalled === undefined ? {} : { recalledAt: recalled };
  return withGeneration(lineage, { ...live, firstWindow, ...told });
}
