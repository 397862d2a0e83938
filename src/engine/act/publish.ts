// One conditional write of a TLSA RRset. What it makes is written down before it is sent (the laws,
// rule 8).
import { AppError } from '../../base/errors.ts';
import { tlsaFromRdata, tlsaText } from '../../dane/tlsa.ts';
import type { Fqdn } from '../../dns/name.ts';
import type { RdataHex } from '../../dns/rrset.ts';
import { rdataSet } from '../../dns/rrset.ts';
import { newerSerial } from '../../dns/serial.ts';
import type { Call } from '../../ports/call.ts';
import type { Edit } from '../../rollover/decision.ts';
import { sharingWith } from '../../rollover/law/facts.ts';
import { versionKey } from '../../rollover/record/owner-history.ts';
import type { OwnerHistory } from '../../rollover/record/owner-history.ts';
import { newestSerial, newestVersion } from '../../rollover/record/versions.ts';
import { beginWrite } from '../../rollover/record/pending-writes.ts';
import type { Memory } from '../state/memory.ts';
import type { Task, World } from '../world.ts';

function texts(rdata: readonly RdataHex[]): string[] {
  return rdata.flatMap((item) => {
    const record = tlsaFromRdata(item);
    return record === undefined ? [] : [tlsaText(record)];
  });
}

export async function publish(
  edit: Edit,
  task: Task,
  memory: Memory,
  world: World,
  call: Call,
): Promise<void> {
  const history = memory.owner(edit.owner);
  const judged = versionKey(edit.expect, edit.expectTtl);
  const from = history?.versions.find(({ key }) => key === judged);
  if (history === undefined || from === undefined) {
    throw new AppError('BUG', `an edit of ${edit.owner} was planned without a look at it`);
  }
  const provider = world.providerFor(history.zone, 'tlsa', task.provider);
  const kept = edit.expect.filter((rdata) => !edit.remove.includes(rdata));
  const content = rdataSet([...kept, ...edit.add]);
  const { zone, target } = history;
  // What is written down is what will be served: a version is its content and its TTL (rule 6).
  const ttl = await provider.ttlFor(zone, edit.ttl, call);
  if (ttl !== edit.ttl) {
    world.log.info('the provider raises the TTL', { owner: target, asked: edit.ttl, gets: ttl });
  }
  const at = world.clock.now();
  const by = provider.traits.byHand === true ? { byHand: true as const } : {};
  const before = writtenBy(edit, memory);
  if (before.some((other) => hasMovedOn(other, history, judged))) throw outdated(target);
  const serial = newestOf(before);
  for (const each of before) {
    const write = { ...by, ...(serial === undefined ? {} : { serial }) };
    await memory.saveOwner(beginWrite(each, { from, to: { content, ttl } }, at, write));
  }
  const { add, remove, expect, expectTtl } = edit;
  try {
    world.instant('before publish');
    const outcome = await provider.apply(
      { zone, owner: target, type: 'TLSA', ttl, add, remove, expect, expectTtl },
      call,
    );
    world.instant('after publish');
    if (outcome === 'conflict') {
      await takeBack(before, memory);
      throw outdated(target);
    }
  } catch (error) {
    // Only a refusal proves that nothing was written; an answer that is lost, or that anybody may
    // have sent, proves nothing (rule 8).
    if (error instanceof AppError && REFUSALS.has(error.code)) await takeBack(before, memory);
    throw error;
  }
  // Somebody was asked: it is published once it is seen.
  if (by.byHand) return;
  world.emit({
    event: edit.remove.length > 0 ? 'withdrawn' : 'published',
    certificate: task.intent.name,
    at: world.clock.now(),
    owner: target,
    ttl,
    add: texts(add),
    remove: texts(remove),
  });
}

const REFUSALS: ReadonlySet<string> = new Set([
  'UPDATE_REFUSED',
  'PROVIDER_AUTH',
  'PROVIDER_LIMITED',
  'CONFIG_INVALID',
]);

/**
 * Histories of all owners whose records an edit changes: where CNAMEs lead to one RRset, each knows
 * of it.
 */
function writtenBy({ owner }: Edit, memory: Memory): OwnerHistory[] {
  return sharingWith(owner, memory).flatMap((each) => memory.owner(each) ?? []);
}

function newestOf(histories: readonly OwnerHistory[]): number | undefined {
  let newest: number | undefined;
  for (const serial of histories.flatMap((history) => newestSerial(history) ?? [])) {
    newest = newerSerial(newest, serial);
  }
  return newest;
}

/**
 * Whether a later look under another name of the same RRset found it changed: the primary would not
 * make the write.
 */
function hasMovedOn(other: OwnerHistory, history: OwnerHistory, judged: string): boolean {
  const newest = other.held === undefined ? newestVersion(other) : undefined;
  if (newest === undefined || newest.key === judged) return false;
  return newestOf([history, other]) !== newestSerial(history);
}

function outdated(target: Fqdn): AppError {
  return new AppError(
    'UPDATE_CONFLICT',
    `the RRset at ${target} is not what was seen; nothing was written`,
    {
      hint: 'somebody else edits it, or its primary is ahead of the servers that were asked; run again',
    },
  );
}

/**
 * What certainly was not made was never begun, and what may have been cached or under way before it
 * still is.
 */
async function takeBack(before: readonly OwnerHistory[], memory: Memory): Promise<void> {
  for (const history of before) await memory.saveOwner(history);
}
