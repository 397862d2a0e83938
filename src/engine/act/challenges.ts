// The TXT records of DNS-01: published beside whatever stands there, seen at every authoritative
// address before the CA is told, and withdrawn afterwards, also after failure. Each is written down
// before it is published.
import { AppError } from '../../base/errors.ts';
import type { Instant } from '../../base/clock.ts';
import type { Fqdn } from '../../dns/name.ts';
import { txtRdata } from '../../dns/rdata.ts';
import type { RdataHex } from '../../dns/rrset.ts';
import type { Call } from '../../ports/call.ts';
import type { DnsChallenge, OrderStatus } from '../../ports/issuer.ts';
import type { DnsProvider } from '../../ports/provider.ts';
import type { Sweep } from '../../ports/resolver.ts';
import type { ChallengeRecord } from '../../rollover/model.ts';
import { sendAgainAt } from '../../rollover/law/overdue.ts';
import { serverAt } from '../../rollover/record/versions.ts';
import { outageText, wouldSilence } from '../../rollover/plan/records/wildcards.ts';
import { answerOf } from './challenge-answers.ts';
import {
  longestTtl,
  lookAt,
  recordOf,
  rememberWithdrawal,
  servedBy,
} from './challenge-evidence.ts';
import type { Memory } from '../state/memory.ts';
import { silencedBy } from '../observe/wildcards.ts';
import { aliasesOf } from '../world.ts';
import type { Task, World } from '../world.ts';

/**
 * A TXT record lives for seconds; a short life keeps a wrong value from haunting the next attempt.
 */
const LONGEST_TTL = 60;
const ATTEMPTS = 5;

interface Change {
  readonly add?: RdataHex;
  readonly remove?: RdataHex;
}

/** At every provider of the zone, whatever the others hold; false: nothing was written. */
async function editTxt(
  sweep: Sweep,
  change: Change,
  task: Task,
  world: World,
  call: Call,
): Promise<boolean> {
  const provider = world.providerFor(sweep.zone, 'acme', task.provider);
  let written = false;
  const each = provider.signers?.map((signer) => signer.provider) ?? [provider];
  for (const one of each) {
    written = (await editTxtAt(one, sweep, change, task, call)) || written;
  }
  return written;
}

/**
 * Adds and removes values at one owner, beside others' values, whoever else writes at the same
 * time.
 */
async function editTxtAt(
  provider: DnsProvider,
  sweep: Sweep,
  change: Change,
  task: Task,
  call: Call,
): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const current = await provider.read(sweep.zone, sweep.owner, 'TXT', call);
    const expect = current?.rdata ?? [];
    const add = change.add !== undefined && !expect.includes(change.add) ? [change.add] : [];
    const remove =
      change.remove !== undefined && expect.includes(change.remove) ? [change.remove] : [];
    if (add.length + remove.length === 0) return false;
    const ttl = current?.ttl ?? Math.min(LONGEST_TTL, task.intent.policy.ttl);
    const { zone, owner } = sweep;
    const outcome = await provider.apply(
      { zone, owner, type: 'TXT', ttl, add, remove, expect, expectTtl: ttl },
      call,
    );
    if (outcome === 'accepted') return provider.traits.byHand !== true;
  }
  throw new AppError(
    'UPDATE_CONFLICT',
    `the TXT records at ${sweep.owner} changed under each attempt`,
    {
      hint: 'look for another program that edits these records all the time',
    },
  );
}

/**
 * Publishes the values of an order's challenges; records that stand already are left alone. Returns
 * those that were published: where a name keeps only so many values, the others have to wait until
 * the CA has seen these.
 */
export async function publishChallenges(
  order: Pick<OrderStatus, 'challenges' | 'validating'>,
  task: Task,
  memory: Memory,
  world: World,
  call: Call,
): Promise<readonly DnsChallenge[]> {
  const published: DnsChallenge[] = [];
  const taken = new Map<Fqdn, number>();
  for (const challenge of order.challenges) {
    const rdata = txtRdata(challenge.value);
    await remember(challenge.owner, rdata, memory, world);
    const sweep = await lookAt(challenge, task, memory, world, call);
    const { keeps } = world.providerFor(sweep.zone, 'acme', task.provider).traits;
    const before = taken.get(sweep.owner) ?? 0;
    const isServed = servedBy(sweep, rdata);
    const validating = order.validating === true || isAnyAnswered(order, challenge, memory);
    if (keeps !== undefined && (before >= keeps || (validating && !isServed))) continue;
    taken.set(sweep.owner, before + 1);
    published.push(challenge);
    if (isServed) continue;
    mustAnswer(sweep);
    if (isOnItsWay(recordOf(challenge.owner, rdata, memory), world.clock.now())) continue;
    await mayBeWritten(sweep, task, world, call);
    await rememberPlace(challenge.owner, rdata, sweep, memory);
    world.instant('before publish TXT');
    const written = await editTxt(sweep, { add: rdata }, task, world, call);
    world.instant('after publish TXT');
    if (!written) continue;
    await rememberSent(challenge.owner, rdata, memory, world);
    // What it drives out was asked for a moment ago.
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
 * Whether the CA may still look for the value of another challenge. One that was answered itself
 * needs its value again.
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

/** The provider took it a moment ago. */
function isOnItsWay(record: ChallengeRecord | undefined, now: Instant): boolean {
  const { at, sentAt } = record ?? {};
  if (at === undefined || sentAt === undefined || sentAt > now) return false;
  return now < sendAgainAt(at, sentAt);
}

async function rememberSent(
  owner: Fqdn,
  rdata: RdataHex,
  memory: Memory,
  world: World,
): Promise<void> {
  const sentAt = world.clock.now();
  const challengeRecords = memory.lineage.challengeRecords.map((record) =>
    record.owner === owner && record.rdata === rdata ? { ...record, sentAt } : record,
  );
  await memory.saveLineage({ ...memory.lineage, challengeRecords });
}

/** Before anything is published, so that it is withdrawn whatever happens. */
async function remember(owner: Fqdn, rdata: RdataHex, memory: Memory, world: World): Promise<void> {
  const known = memory.lineage.challengeRecords;
  if (recordOf(owner, rdata, memory) !== undefined) return;
  const challengeRecords = [...known, { owner, rdata, at: world.clock.now() }];
  await memory.saveLineage({ ...memory.lineage, challengeRecords });
}

/**
 * It is withdrawn where it was written, wherever aliases lead by then; and for how long a cache may
 * hold that it was not there.
 */
async function rememberPlace(
  owner: Fqdn,
  rdata: RdataHex,
  { owner: target, addresses }: Sweep,
  memory: Memory,
): Promise<void> {
  const where = owner === target ? {} : { target };
  const ttlBefore = longestTtl(addresses);
  const challengeRecords = memory.lineage.challengeRecords.map((record) =>
    record.owner === owner && record.rdata === rdata ? { ttlBefore, ...record, ...where } : record,
  );
  await memory.saveLineage({ ...memory.lineage, challengeRecords });
}

/**
 * A first record silences no wildcard, but with the operator's word (rule 26). @throws AppError
 * BLOCKED
 */
async function mayBeWritten(
  sweep: Sweep,
  { intent }: Task,
  world: World,
  call: Call,
): Promise<void> {
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

/** Where nobody answers it is not known what a write would do there. */
function mustAnswer({ zone, addresses }: Sweep): void {
  if (addresses.some(({ answer }) => answer.status === 'answered')) return;
  const failures = addresses.map(({ server, address, answer }) => {
    const why = answer.status === 'answered' ? '' : `: ${answer.status}: ${answer.detail}`;
    return `${serverAt(server, address)}${why}`;
  });
  throw new AppError(
    'DNS_UNREACHABLE',
    `none of the name servers of ${zone} answered: ${failures.join('; ')}`,
    { hint: `check the servers of ${zone}, and the way to them from here`, details: { zone } },
  );
}

/**
 * Withdraws every TXT record that was written down. A failure is logged and tried again at the next
 * run.
 */
export async function withdrawChallenges(
  task: Task,
  memory: Memory,
  world: World,
  call: Call,
): Promise<void> {
  for (const record of memory.lineage.challengeRecords) {
    try {
      const { owner, target = owner } = record;
      const how = aliasesOf(task.intent);
      const sweep = await world.resolver.sweep(target, 'TXT', call, how);
      mustAnswer(sweep);
      world.instant('before withdraw TXT');
      await editTxt(sweep, { remove: record.rdata }, task, world, call);
      world.instant('after withdraw TXT');
      await rememberWithdrawal(sweep, world);
    } catch (error) {
      const { code, message } =
        error instanceof AppError ? error : { code: 'BUG', message: String(error) };
      world.log.warn('challenge record not withdrawn', { owner: record.owner, code, message });
      continue;
    }
    const challengeRecords = memory.lineage.challengeRecords.filter((item) => item !== record);
    await memory.saveLineage({ ...memory.lineage, challengeRecords });
  }
}
