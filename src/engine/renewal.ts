// When the live certificate is due, with the CA's renewal information fetched and stored.
import type { Instant } from '../base/clock.ts';
import { defined } from '../base/defined.ts';
import { AppError, reasonOf } from '../base/errors.ts';
import { liveGeneration, stagedGeneration, withGeneration } from '../rollover/model.ts';
import type { Generation, Lineage, RenewalMemory } from '../rollover/model.ts';
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

/**
 * Asks the CA when a query is due: for the live certificate, and for the staged one, which the CA
 * may revoke during the wait. A missing answer is not a failure of the certificate.
 */
export async function askForAdvice(job: Job): Promise<void> {
  const { lineage } = job.memory;
  await askAbout(liveGeneration(lineage), 'renewal', job);
  await askAbout(stagedGeneration(lineage), 'stagedRenewal', job);
}

type Slot = 'renewal' | 'stagedRenewal';

async function askAbout(
  about: Generation | undefined,
  slot: Slot,
  { memory, world, call }: Job,
): Promise<void> {
  const certId = about?.chain === undefined ? undefined : world.pki.certId(about.chain);
  if (about === undefined || certId === undefined) return;
  const before = knownOf(certId, memory.lineage);
  const now = world.clock.now();
  const nextLookAt = before?.nextLookAt ?? now;
  // A time further in the future was stored under another clock.
  if (now < nextLookAt && nextLookAt <= now + LONGEST_PAUSE) {
    // It was asked about while it was staged.
    const { stagedRenewal, ...lineage } = memory.lineage;
    if (slot !== 'renewal' || stagedRenewal?.certId !== certId) return;
    return memory.saveLineage({ ...lineage, renewal: stagedRenewal });
  }
  const inPeace = (asked: Instant): Instant => Math.min(asked, now + LONGEST_PAUSE);
  let renewal: RenewalMemory = { certId, nextLookAt: now + LOOK_AGAIN };
  try {
    const window = await world.issuerAt(about.directory)?.renewalInfo(certId, call);
    if (window !== undefined) {
      const bounded = { ...window, nextLookAt: inPeace(window.nextLookAt) };
      renewal = rememberWindow(before, certId, bounded, world.random());
    }
  } catch (error) {
    const asked = error instanceof AppError ? (error.notBefore ?? 0) : 0;
    const again = inPeace(Math.max(asked, now + LOOK_AGAIN));
    // Stored information about this certificate is kept; about another one it is dropped.
    renewal = { ...before, certId, nextLookAt: again };
    world.log.warn('renewal information not available', { certId, message: reasonOf(error) });
  }
  const noted = noteWindow(memory.lineage, about, renewal, now);
  const { number, recalledAt } = about;
  const isNew = recalledAt === undefined && isAsked(noted, number);
  if (isNew) {
    const { explanationUrl } = renewal;
    world.log.warn('the CA asks for an early renewal', { generation: number, explanationUrl });
  }
  // Without it the CA is asked once more.
  memory.noteLineage({ ...noted, [slot]: renewal });
}

function isAsked({ generations }: Lineage, generation: number): boolean {
  return generations.some(
    ({ number, recalledAt }) => number === generation && recalledAt !== undefined,
  );
}

function knownOf(certId: string, { renewal, stagedRenewal }: Lineage): RenewalMemory | undefined {
  return [renewal, stagedRenewal].find((one) => one?.certId === certId);
}

/** The first window of the CA, and whether it has moved. */
function noteWindow(
  lineage: Lineage,
  about: Generation,
  renewal: RenewalMemory,
  now: Instant,
): Lineage {
  const leaf = about.chain?.certificates[0];
  const { windowStart: start, windowEnd: end, explanationUrl } = renewal;
  if (leaf === undefined || start === undefined || end === undefined) return lineage;
  const { firstWindow, recalledAt } = about;
  const window = { start, end, ...defined({ explanationUrl }) };
  const isNow = recalledAt === undefined && isRecalled(firstWindow, window, leaf, now);
  return withGeneration(lineage, {
    ...about,
    firstWindow: firstWindow ?? { start, end },
    ...defined({ recalledAt: isNow ? now : recalledAt }),
  });
}
