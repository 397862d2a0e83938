// One conditional write of a TLSA RRset. Its result is stored before it is sent (rule 8).
import type { Seconds } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import { tlsaFromRdata, tlsaText } from '../../dane/tlsa.ts';
import type { Fqdn } from '../../dns/name.ts';
import type { RdataHex } from '../../dns/rrset.ts';
import { rdataSet } from '../../dns/rrset.ts';
import { newerSerial } from '../../dns/serial.ts';
import type { DnsProvider } from '../../ports/provider.ts';
import type { Edit } from '../../rollover/decision.ts';
import { sharingWith } from '../../rollover/law/facts.ts';
import { versionKey } from '../../rollover/record/owner-history.ts';
import type { OwnerHistory, Version } from '../../rollover/record/owner-history.ts';
import { newestSerial, newestVersion } from '../../rollover/record/versions.ts';
import { beginWrite } from '../../rollover/record/pending-writes.ts';
import type { Job } from '../job.ts';
import type { Memory } from '../state/memory.ts';

function texts(rdata: readonly RdataHex[]): string[] {
  return rdata.flatMap((item) => {
    const record = tlsaFromRdata(item);
    return record === undefined ? [] : [tlsaText(record)];
  });
}

/** A write as it is sent. */
interface Write {
  readonly edit: Edit;
  readonly provider: DnsProvider;
  /** The owner as it was judged, and the version of its RRset that is there now. */
  readonly history: OwnerHistory;
  readonly from: Version;
  /** What will be served: a version is its content and its TTL (rule 6). */
  readonly to: { readonly content: readonly RdataHex[]; readonly ttl: Seconds };
}

/** Prepared, recorded, sent, and reported: in this order. */
export async function publish(job: Job, edit: Edit): Promise<void> {
  // That a chain is proven, for example, which makes the records of others superfluous.
  await job.memory.flush();
  const write = await prepare(job, edit);
  const before = await begin(job, write);
  await send(job, write, before);
  report(job, write);
}

async function prepare({ task, memory, world, call }: Job, edit: Edit): Promise<Write> {
  const history = memory.owner(edit.owner);
  const judged = versionKey(edit.expect, edit.expectTtl);
  const from = history?.versions.find(({ key }) => key === judged);
  if (history === undefined || from === undefined) {
    throw new AppError('BUG', `an edit of ${edit.owner} was planned without a sweep of it`);
  }
  const { zone, target } = history;
  const provider = world.providerFor(zone, 'tlsa', task.provider);
  const ttl = await provider.ttlFor(zone, edit.ttl, call);
  if (ttl !== edit.ttl) {
    world.log.info('the provider raises the TTL', { owner: target, asked: edit.ttl, gets: ttl });
  }
  const kept = edit.expect.filter((rdata) => !edit.remove.includes(rdata));
  const content = rdataSet([...kept, ...edit.add]);
  return { edit, provider, history, from, to: { content, ttl } };
}

/**
 * Recorded as begun, under every name of the RRset, before it is sent (rule 8). @returns the
 * histories as they were before
 */
async function begin(
  { memory, world }: Job,
  { edit, provider, history, from, to }: Write,
): Promise<readonly OwnerHistory[]> {
  const at = world.clock.now();
  const before = writtenBy(edit, memory);
  if (before.some((other) => hasMovedOn(other, history, from.key))) {
    throw outdated(history.target);
  }
  const serial = newestOf(before);
  const write = {
    ...(isByHand(provider) ? { byHand: true as const } : {}),
    ...(serial === undefined ? {} : { serial }),
  };
  for (const each of before) await memory.saveOwner(beginWrite(each, { from, to }, at, write));
  return before;
}

async function send(
  { memory, world, call }: Job,
  { edit, provider, history, to }: Write,
  before: readonly OwnerHistory[],
): Promise<void> {
  const { zone, target: owner } = history;
  const { add, remove, expect, expectTtl } = edit;
  try {
    world.instant('before publish');
    const outcome = await provider.apply(
      { zone, owner, type: 'TLSA', ttl: to.ttl, add, remove, expect, expectTtl },
      call,
    );
    world.instant('after publish');
    if (outcome === 'conflict') {
      await takeBack(before, memory);
      throw outdated(owner);
    }
  } catch (error) {
    // Only a refusal proves that nothing was written. An answer that is lost, or that is not
    // authenticated, proves nothing (rule 8).
    if (error instanceof AppError && REFUSALS.has(error.code)) await takeBack(before, memory);
    throw error;
  }
}

function report({ task, world }: Job, { edit, provider, history, to }: Write): void {
  // A person was asked to write it: it is published once it is seen.
  if (isByHand(provider)) return;
  world.emit({
    event: edit.remove.length > 0 ? 'withdrawn' : 'published',
    certificate: task.intent.name,
    at: world.clock.now(),
    owner: history.target,
    ttl: to.ttl,
    add: texts(edit.add),
    remove: texts(edit.remove),
  });
}

function isByHand({ traits }: DnsProvider): boolean {
  return traits.byHand === true;
}

const REFUSALS: ReadonlySet<string> = new Set([
  'UPDATE_REFUSED',
  'PROVIDER_AUTH',
  'PROVIDER_LIMITED',
  'CONFIG_INVALID',
]);

/**
 * Histories of all owners whose records an edit changes: if CNAMEs lead to one RRset, each of them
 * gets the write.
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
 * Whether a later sweep under another name of the same RRset found a change: the primary would not
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
    `the RRset at ${target} has changed since it was observed; nothing was written`,
    {
      hint:
        'another program edits it, or its primary is ahead of the servers that were asked; ' +
        'run again',
    },
  );
}

/**
 * A write that was certainly not made was never begun; what may have been cached or pending before
 * it still is.
 */
async function takeBack(before: readonly OwnerHistory[], memory: Memory): Promise<void> {
  for (const history of before) await memory.saveOwner(history);
}
