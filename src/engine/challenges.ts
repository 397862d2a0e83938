// The TXT records of DNS-01: published beside whatever stands there, seen at every authoritative address before the CA is told,
// and withdrawn afterwards, also after failure. Each is written down before it is published.
import { AppError } from '../base/errors.ts';
import { concatBytes, toHex } from '../base/bytes.ts';
import type { Instant, Seconds } from '../base/clock.ts';
import type { Fqdn } from '../dns/name.ts';
import type { RdataHex } from '../dns/rrset.ts';
import type { Call } from '../ports/call.ts';
import type { DnsChallenge, OrderStatus } from '../ports/issuer.ts';
import type { DnsProvider } from '../ports/provider.ts';
import type { Sweep } from '../ports/resolver.ts';
import type { Reason } from '../rollover/decision.ts';
import { LONGEST_PAUSE } from '../rollover/pauses.ts';
import { serverAt } from '../rollover/versions.ts';
import { outageText, wouldSilence } from '../rollover/wildcards.ts';
import { answerOf } from './challenge-answers.ts';
import { readOrSetAside } from './documents.ts';
import type { Memory } from './memory.ts';
import { forgottenOf, rememberSilence, silenceReasons } from './silence.ts';
import { silencedBy } from './silenced.ts';
import { aliasesOf } from './world.ts';
import type { Task, World } from './world.ts';

/** A TXT record lives for seconds; a short life keeps a wrong value from haunting the next attempt. */
const LONGEST_TTL = 60;
const ATTEMPTS = 5;

/** One character-string (RFC 1035 §3.3.14). */
function txtRdata(value: string): RdataHex {
  const bytes = new TextEncoder().encode(value);
  return toHex(concatBytes(new Uint8Array([bytes.length]), bytes));
}

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

/** Adds and removes values at one owner, beside others' values, whoever else writes at the same time. */
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
 * Publishes the values of an order's challenges; records that stand already are left alone. Returns those that were published: where a
 * name keeps only so many values, the others have to wait until the CA has seen these.
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
    await mayBeWritten(sweep, task, world, call);
    await rememberPlace(challenge.owner, rdata, sweep, memory);
    world.instant('before publish TXT');
    const written = await editTxt(sweep, { add: rdata }, task, world, call);
    world.instant('after publish TXT');
    if (!written) continue;
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

/** Whether the CA may still look for the value of another challenge. One that was answered itself needs its value again. */
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

/** Before anything is published, so that it is withdrawn whatever happens. */
async function remember(owner: Fqdn, rdata: RdataHex, memory: Memory, world: World): Promise<void> {
  const known = memory.lineage.challengeRecords;
  if (known.some((record) => record.owner === owner && record.rdata === rdata)) return;
  const challengeRecords = [...known, { owner, rdata, at: world.clock.now() }];
  await memory.saveLineage({ ...memory.lineage, challengeRecords });
}

/** It is withdrawn where it was written, wherever aliases lead by then; and for how long a cache may hold that it was not there. */
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

function longestTtl(addresses: Sweep['addresses']): Seconds {
  return Math.max(
    0,
    ...addresses.map(({ answer }) => (answer.status === 'answered' ? answer.ttl : 0)),
  );
}

/** A first record silences no wildcard, but with the operator's word (rule 26). @throws AppError BLOCKED */
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

/** Every address, but for the silent ones that the operator said are gone: they keep no CA from validating either. */
async function lookAt(
  { owner }: DnsChallenge,
  { intent }: Task,
  memory: Memory,
  world: World,
  call: Call,
): Promise<Sweep> {
  const sweep = await world.resolver.sweep(owner, 'TXT', call, aliasesOf(intent));
  const without = (gone: readonly string[], { addresses }: Sweep): Sweep => ({
    ...sweep,
    addresses: addresses.filter(
      ({ address, answer }) => answer.status === 'answered' || !gone.includes(address),
    ),
  });
  const gone = Object.values(memory.owners).flatMap(({ forgotten = [] }) => forgotten);
  const known = without(gone, sweep);
  await memory.saveLineage(rememberSilence(memory.lineage, known, world.clock.now()));
  return without(forgottenOf(memory.lineage), known);
}

function servedBy(sweep: Sweep, rdata: RdataHex): boolean {
  return (
    sweep.addresses.length > 0 &&
    sweep.addresses.every(
      ({ server, answer }) =>
        (answer.status === 'answered' && answer.rdata.includes(rdata)) ||
        (answer.status === 'no-route' &&
          sweep.addresses.some(
            (other) =>
              other.server === server &&
              other.answer.status === 'answered' &&
              other.answer.rdata.includes(rdata),
          )),
    )
  );
}

/** Which addresses do not show a challenge's record yet, and what the CA may have cached; none when it may be told. */
export async function unseenChallenges(
  challenges: readonly DnsChallenge[],
  task: Task,
  memory: Memory,
  world: World,
  call: Call,
): Promise<Reason[]> {
  const reasons: Reason[] = [];
  for (const challenge of challenges) {
    const rdata = txtRdata(challenge.value);
    const sweep = await lookAt(challenge, task, memory, world, call);
    const until = await earlierValuesEnd(sweep.owner, world);
    if (until !== undefined) {
      reasons.push({
        rule: 'challenge-is-served',
        because: `the CA may still hold the TXT records of an earlier order at ${sweep.owner}`,
        section: 'RFC 8555 §8.4',
        until,
      });
    }
    if (servedBy(sweep, rdata)) continue;
    const missing = sweep.addresses
      .filter(({ answer }) => answer.status !== 'answered' || !answer.rdata.includes(rdata))
      .map(({ server, address, answer }) =>
        answer.status === 'answered'
          ? serverAt(server, address)
          : `${serverAt(server, address)} (${answer.status})`,
      );
    reasons.push({
      rule: 'challenge-is-served',
      because: `the TXT record at ${sweep.owner} is not served yet by ${missing.join(', ')}`,
      section: 'RFC 8555 §8.4',
    });
  }
  return [...reasons, ...silenceReasons(memory.lineage)];
}

export const CHALLENGE = 'challenge/';

interface Asked {
  readonly schema: 1;
  readonly withdrawnAt: Instant;
  readonly ttl: Seconds;
}

/** Of whichever certificate: RSA beside ECDSA, say, is two orders for one name within seconds. */
const askedKey = (owner: Fqdn): string => `${CHALLENGE}${owner}`;

/** Until when a cache may hold values that are withdrawn, if it may. A withdrawal that is yet to come is a clock set back. */
async function earlierValuesEnd(owner: Fqdn, world: World): Promise<Instant | undefined> {
  const asked = (await readOrSetAside<Asked>(askedKey(owner), world))?.value;
  const now = world.clock.now();
  if (asked === undefined || asked.withdrawnAt > now) return undefined;
  const until = asked.withdrawnAt + Math.min(asked.ttl, LONGEST_PAUSE);
  return until > now ? until : undefined;
}

/** The CA has looked before its record is withdrawn, and not after. */
async function rememberWithdrawal({ owner, addresses }: Sweep, world: World): Promise<void> {
  const stored = await readOrSetAside<Asked>(askedKey(owner), world);
  const asked: Asked = { schema: 1, withdrawnAt: world.clock.now(), ttl: longestTtl(addresses) };
  await world.store.write(askedKey(owner), asked, stored?.revision ?? 0);
}

/** Withdraws every TXT record that was written down. A failure is logged and tried again at the next run. */
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
