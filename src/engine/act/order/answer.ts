// Answers the challenges of a pending order: records published, seen at every name server, and then
// the word to the CA.
import { formatInstant } from '../../../base/clock.ts';
import { AppError } from '../../../base/errors.ts';
import type { DnsChallenge, OrderStatus } from '../../../ports/issuer.ts';
import { lookAgainAt } from '../../../rollover/plan/deploy/polling.ts';
import type { Generation } from '../../../rollover/model.ts';
import type { Reason } from '../../../rollover/reasons.ts';
import type { Job } from '../../job.ts';
import type { Outcome } from '../../standing.ts';
import { isHopeless, nextAnswerAt, withAnswer, withArrival } from './challenge-answers.ts';
import { unseenChallenges } from './challenge-evidence.ts';
import { publishChallenges } from './challenges.ts';
import { issuerOf } from './issuer-of.ts';
import { askAgain } from './processing.ts';

/** Between two sweeps while a record that was published is not served everywhere. */
const SWEEP_AGAIN = 0.5;
/** A pause before the next answer for which a run stays. A longer one is left to the next run. */
const MAX_STAY = 30;

/** A challenge was answered as often as makes sense: the order is given up. */
interface Hopeless {
  readonly kind: 'hopeless';
  readonly problem: string;
}

export async function answer(
  job: Job,
  generation: Generation,
  order: OrderStatus,
): Promise<Outcome | Hopeless> {
  if (order.challenges.length === 0) return askAgain(job, order);
  refuseUnasked(order, generation);
  const shown = await publishChallenges(job, order);
  if (shown.length === 0) return askAgain(job, order);
  const unseen = await unseenChallenges(job, shown);
  if (unseen.length > 0) return sweepAgain(job, unseen);
  const { lineage } = job.memory;
  const now = job.world.clock.now();
  const published = shown.map(({ challenge }) => challenge);
  const due = published.filter((one) => nextAnswerAt(one, lineage) <= now);
  if (due.length === 0) return stillPending(job, order, published);
  const hopeless = due.find((one) => isHopeless(one, lineage));
  if (hopeless !== undefined) {
    const { identifier, problem = 'the challenge was answered, but the CA did not check it' } =
      hopeless;
    return { kind: 'hopeless', problem: `${identifier}: ${problem}` };
  }
  for (const challenge of due) await answerOne(job, generation, challenge);
  // It cannot have checked yet.
  return askAgain(job, order);
}

/** Whatever the CA asks for, records are written only for the names that were ordered. */
function refuseUnasked({ challenges }: OrderStatus, { domains }: Generation): void {
  const bases = domains.map((domain) => domain.replace(/^\*\./, ''));
  const foreign = challenges.find(({ identifier }) => !bases.includes(identifier));
  if (foreign === undefined) return;
  throw new AppError(
    'ACME_PROBLEM',
    `the CA asks to validate ${foreign.identifier}, which was not ordered`,
    { hint: 'nothing was written to DNS for it; ask the CA', details: { type: 'about:blank' } },
  );
}

function sweepAgain({ memory, world }: Job, reasons: readonly Reason[]): Outcome {
  const publishedAt = Math.max(...memory.lineage.challengeRecords.map(({ at }) => at));
  const until = Math.max(
    lookAgainAt(publishedAt, SWEEP_AGAIN, world.clock.now()),
    ...reasons.map((reason) => reason.until ?? 0),
  );
  return { kind: 'wait', until, soon: true, reasons };
}

async function answerOne(job: Job, generation: Generation, challenge: DnsChallenge): Promise<void> {
  const { task, memory, world, call } = job;
  await recordAnswer(job, challenge);
  world.instant('before answer challenge');
  const notBefore = await issuerOf(job, generation).answerChallenge(challenge, call);
  world.instant('after answer challenge');
  // Without it the CA is answered once more, after a pause.
  memory.noteLineage(withArrival(memory.lineage, challenge, notBefore));
  const { identifier } = challenge;
  world.emit({
    event: 'challenge-answered',
    certificate: task.intent.name,
    at: world.clock.now(),
    identifier,
  });
}

/**
 * Recorded before the CA is asked: a crash in between costs a pause, and not one answer too many.
 */
async function recordAnswer({ memory, world }: Job, challenge: DnsChallenge): Promise<void> {
  const { lineage } = memory;
  const records = lineage.challengeRecords.filter(({ owner }) => owner === challenge.owner);
  const negativeTtl = Math.max(0, ...records.map(({ ttlBefore = 0 }) => ttlBefore));
  await memory.saveLineage(withAnswer(lineage, challenge, negativeTtl, world.clock.now()));
}

/**
 * Every challenge was answered. What the CA says against one is reported: a silent wait would hide
 * it.
 */
function stillPending(job: Job, order: OrderStatus, published: readonly DnsChallenge[]): Outcome {
  const now = job.world.clock.now();
  const again = Math.min(...published.map((one) => nextAnswerAt(one, job.memory.lineage)));
  const refused = published.filter(({ problem }) => problem !== undefined);
  const [first] = refused;
  if (first === undefined) {
    const wait = askAgain(job, order);
    return { ...wait, until: Math.min(wait.until, again) };
  }
  const words = refused.map(({ identifier, problem = '' }) => `${identifier}: ${problem}`);
  const because = `the CA does not accept the challenge yet: ${words.join('; ')}`;
  if (again - now > MAX_STAY) {
    throw new AppError('ACME_CHALLENGE_PENDING', because, {
      hint:
        `check that the CA's resolver can see the TXT record at ${first.owner}; the CA is ` +
        `asked to check again after ${formatInstant(again)}`,
      notBefore: again,
    });
  }
  const reasons: Reason[] = [{ rule: 'challenge-is-valid', because, until: again }];
  return { kind: 'wait', until: again, soon: true, reasons };
}
