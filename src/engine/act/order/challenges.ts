// The TXT records of challenges are published beside other values at the same owner. Each is
// recorded before it is published, so that it is withdrawn whatever happens.
import { AppError } from '../../../base/errors.ts';
import type { Instant } from '../../../base/clock.ts';
import type { Fqdn } from '../../../dns/name.ts';
import type { RdataHex } from '../../../dns/rrset.ts';
import type { DnsChallenge, OrderStatus } from '../../../ports/issuer.ts';
import type { Sweep } from '../../../ports/resolver.ts';
import type { ChallengeRecord } from '../../../rollover/model.ts';
import { sendAgainAt } from '../../../rollover/law/overdue.ts';
import { outageText, wouldSilence } from '../../../rollover/plan/records/wildcards.ts';
import { answerOf } from './challenge-answers.ts';
import {
  longestTtl,
  recordOf,
  rememberWithdrawal,
  servedBy,
  sweepTxt,
  txtOf,
} from './challenge-evidence.ts';
import type { Published, Txt } from './challenge-evidence.ts';
import type { Job } from '../../job.ts';
import type { Memory } from '../../state/memory.ts';
import { silencedBy } from '../../observe/wildcards.ts';
import { editTxt, mustAnswer } from './txt-edits.ts';

/**
 * Publishes the values of an order's challenges; existing records are left alone. Returns those
 * that were published: if a name keeps only so many values, the others wait until the CA has seen
 * these.
 */
export async function publishChallenges(
  job: Job,
  order: Pick<OrderStatus, 'challenges' | 'validating'>,
): Promise<readonly Published[]> {
  const { task, memory, world } = job;
  const published: Published[] = [];
  const taken = new Map<Fqdn, Set<RdataHex>>();
  for (const challenge of order.challenges) {
    const txt = txtOf(challenge, task.intent);
    const sweep = await sweepTxt(job, challenge, { serials: false });
    const { keeps } = world.providerFor(sweep.zone, 'acme', task.provider).traits;
    const before = taken.get(sweep.owner) ?? new Set();
    const isServed = servedBy(sweep, txt.rdata);
    const isFull = keeps !== undefined && before.size >= keeps && !before.has(txt.rdata);
    const validating = order.validating === true || isAnyAnswered(order, challenge, memory);
    if (isFull || (keeps !== undefined && validating && !isServed)) continue;
    taken.set(sweep.owner, before.add(txt.rdata));
    if (isServed) {
      published.push({ challenge, shown: sweep });
      // One that stays and that holger has not written belongs to the operator.
      if (txt.stays === undefined || recordOf(txt, memory)) await recordIntended(job, txt);
      continue;
    }
    mustAnswer(sweep);
    if (isOnItsWay(recordOf(txt, memory), world.clock.now())) {
      published.push({ challenge, shown: sweep });
      continue;
    }
    published.push({ challenge });
    await mayBeWritten(job, sweep);
    await recordIntended(job, txt, sweep);
    world.instant('before publish TXT');
    const stays = txt.stays !== undefined;
    const written = await editTxt(job, sweep, { add: txt.rdata, stays });
    world.instant('after publish TXT');
    if (!written) continue;
    noteSent(job, txt);
    // The value that it would replace was just requested.
    if (keeps !== undefined) await rememberWithdrawal(sweep, world);
    world.emit({
      event: 'challenge-published',
      certificate: task.intent.name,
      at: world.clock.now(),
      owner: sweep.owner,
    });
  }
  return published;
}

/**
 * Whether the CA may still check the value of another challenge. A challenge that was answered
 * still needs its value.
 */
function isAnyAnswered(
  { challenges }: Pick<OrderStatus, 'challenges'>,
  challenge: DnsChallenge,
  { lineage }: Memory,
): boolean {
  return (
    answerOf(lineage, challenge) === undefined &&
    challenges.some((other) => answerOf(lineage, other) !== undefined)
  );
}

/** The provider has just accepted it. */
function isOnItsWay(record: ChallengeRecord | undefined, now: Instant): boolean {
  const { at, sentAt } = record ?? {};
  if (at === undefined || sentAt === undefined || sentAt > now) return false;
  return now < sendAgainAt(at, sentAt);
}

/** Without it the provider is asked what it has, and has the value. */
function noteSent({ memory, world }: Job, { owner, rdata }: Txt): void {
  const sentAt = world.clock.now();
  const challengeRecords = memory.lineage.challengeRecords.map((record) =>
    record.owner === owner && record.rdata === rdata ? { ...record, sentAt } : record,
  );
  memory.noteLineage({ ...memory.lineage, challengeRecords });
}

/**
 * Before anything is published, so that it is withdrawn in every case: where it is written, even if
 * aliases have changed by then. The time for which a cache may hold its absence is stored, too.
 */
async function recordIntended({ memory, world }: Job, txt: Txt, sweep?: Sweep): Promise<void> {
  const { lineage } = memory;
  const known = recordOf(txt, memory);
  // Written, and not sent before: what was known of it is from an earlier order.
  const begins = known === undefined || (sweep !== undefined && known.sentAt === undefined);
  const intended = begins ? { ...txt, at: world.clock.now() } : { ...known, ...txt };
  const record = sweep === undefined ? intended : placed(intended, sweep);
  const others = lineage.challengeRecords
    .filter((one) => one !== known)
    .map((one) => (isFollowed(one, txt) ? withdrawnLater(one) : one));
  await memory.saveLineage({ ...lineage, challengeRecords: [...others, record] });
}

/** The account has another key or URL since then: this order still finds both. */
function isFollowed({ owner, stays }: ChallengeRecord, by: Txt): boolean {
  return stays !== undefined && stays === by.stays && owner === by.owner;
}

function withdrawnLater({ stays: _past, ...record }: ChallengeRecord): ChallengeRecord {
  return record;
}

function placed(record: ChallengeRecord, { owner: target, addresses }: Sweep): ChallengeRecord {
  const where = record.owner === target ? {} : { target };
  return { ttlBefore: longestTtl(addresses), ...record, ...where };
}

/**
 * A first record must not end the answers of a wildcard unless the operator allows it (rule 26).
 * @throws AppError BLOCKED
 */
async function mayBeWritten({ task, world, call }: Job, sweep: Sweep): Promise<void> {
  const { intent } = task;
  const { owner } = sweep;
  const silenced = await silencedBy(sweep, world.resolver, call);
  if (silenced.length === 0) return;
  if (intent.hidesWildcard !== true) {
    const { because, hint, lines = [] } = wouldSilence('TXT', owner, silenced);
    throw new AppError('BLOCKED', because, { hint: `${hint ?? ''}: ${lines.join('; ')}` });
  }
  world.emit({
    event: 'wildcard-silent',
    certificate: intent.name,
    at: world.clock.now(),
    detail: outageText(owner, silenced, longestTtl(sweep.addresses)),
  });
}
