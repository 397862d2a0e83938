// Which versions of a TLSA RRset may still be cached somewhere (the laws, rules 6-11). Pure bookkeeping over sweeps.
//
// A version is a content and a TTL; each has its own clock. It is servable while any authoritative address may
// still answer it, and its clock starts at the receipt of the first sweep in which no address may.
import { formatInstant } from '../base/clock.ts';
import type { Instant, Seconds } from '../base/clock.ts';
import { combinationOf, tlsaFromRdata } from '../dane/tlsa.ts';
import type { Combination } from '../dane/tlsa.ts';
import { sameRdata } from '../dns/rrset.ts';
import type { RdataHex } from '../dns/rrset.ts';
import { serialGreater } from '../dns/serial.ts';
import { versionKey } from './history.ts';
import type {
  AddressMemory,
  BegunWrite,
  Held,
  HeldFacts,
  Observation,
  OwnerHistory,
  SweepFacts,
  Version,
} from './history.ts';
import type { Policy } from './model.ts';
import { movedTo, serversThatLeft } from './moves.ts';

/** Key of the version about which nothing is known: what was served before we first looked. */
const UNKNOWN = 'unknown';
/** No request to write is on its way for longer than this. */
export const LONGEST_WAY: Seconds = 600;
/** Seconds by which a validator's clock may be behind ours when a signature expires. */
const CLOCK_SKEW = 300;

function speaksFor(sweep: SweepFacts, mute: Observation): Observation | undefined {
  if (mute.noRoute !== true) return undefined;
  return sweep.observations.find(({ server, answer }) => server === mute.server && answer);
}

/** Adds one sweep to what is known of an owner. */
export function recordSweep(
  known: OwnerHistory | undefined,
  sweep: SweepFacts,
  policy: Pick<Policy, 'assumedTtl' | 'ttlFactor' | 'margin'>,
): OwnerHistory {
  const now = sweep.receivedAt;
  const before = movedTo(sweep.target, known);
  const versions = new Map((before?.versions ?? []).map((version) => [version.key, version]));
  const met = new Set(versions.keys());
  let longestTtl = Math.max(before?.longestTtl ?? 0, sweep.aliasTtl);
  let unknownAppears = false;
  let missed = false;

  for (const { answer } of sweep.observations) {
    if (answer === undefined) continue;
    const key = versionKey(answer.content, answer.ttl);
    const seen = versions.get(key);
    const signedUntil = Math.max(seen?.signedUntil ?? 0, answer.signedUntil ?? 0);
    versions.set(key, {
      key,
      content: answer.content,
      ttl: answer.ttl,
      unknown: false,
      seenAt: seen?.seenAt ?? now,
      ...(seen?.endedAt === undefined ? {} : { endedAt: seen.endedAt }),
      ...(signedUntil > 0 ? { signedUntil } : {}),
    });
    longestTtl = Math.max(longestTtl, answer.ttl);
  }
  const appeared = [...versions.keys()].filter((key) => !met.has(key));
  /** Whether writes of ours explain what an address shows now: those that it was past already made nothing of it. */
  const several = sweep.held !== undefined;
  const isExplained = (key: string, absent: boolean, then: AddressMemory): boolean =>
    (before?.writes ?? [])
      .filter((write) => (several ? !then.mayServe.includes(write.to) : !wasPast(write, then)))
      .some(
        ({ from, to }) =>
          from === key ||
          to === key ||
          // Who withdraws everything does not choose the TTL of the denial (RFC 2308 §5).
          (absent && versions.get(to)?.content.length === 0),
      );

  const addresses: Record<string, AddressMemory> = { ...serversThatLeft(before, sweep, policy) };
  for (const observation of sweep.observations) {
    const memory = before?.addresses[observation.address];
    const answer = observation.answer ?? speaksFor(sweep, observation)?.answer;
    if (answer === undefined && before?.forgotten?.includes(observation.address)) continue;
    if (answer === undefined) {
      // Silence: what it served last or anything later; an address that never answered may serve anything (rule 9).
      const mayServe = new Set([
        ...(memory?.mayServe ?? [UNKNOWN, ...versions.keys()]),
        ...appeared,
      ]);
      addresses[observation.address] = {
        ...(memory ?? { server: observation.server }),
        mayServe: [...mayServe],
        failure: observation.failure ?? 'silent',
      };
      continue;
    }
    const key = versionKey(answer.content, answer.ttl);
    const absent = answer.content.length === 0;
    if (memory?.serial === undefined) unknownAppears = true;
    else if (!memory.mayServe.includes(key) && !isExplained(key, absent, memory)) {
      // Somebody else changed it; between our two looks there may have been more than one version.
      missed ||= answer.serial !== (memory.serial + 1) >>> 0;
    }
    addresses[observation.address] = {
      server: observation.server,
      mayServe: [key],
      serial: answer.serial,
      answeredAt: now,
      ...(answer.signedUntil === undefined ? { unsigned: true } : {}),
    };
  }

  unknownAppears ||= missed;
  // Whoever is silent may still serve one that we missed: it ends when the last of them has answered.
  for (const [address, memory] of missed ? Object.entries(addresses) : []) {
    if (memory.failure === undefined || memory.mayServe.includes(UNKNOWN)) continue;
    addresses[address] = { ...memory, mayServe: [...memory.mayServe, UNKNOWN] };
  }

  const here = Object.values(addresses).filter(({ leftAt }) => leftAt === undefined);
  const shown = new Set(here.flatMap(({ mayServe }) => mayServe));
  const held = sweep.held?.map((one) => heldAs(one, [...versions.values()], shown));
  const writes = (before?.writes ?? [])
    .map((write) => withoutThoseDone(write, held, now))
    .filter((write) => !isOver(write, here, held));
  const servable = new Set([
    ...Object.values(addresses).flatMap(({ mayServe }) => mayServe),
    ...(held ?? []).flatMap(({ key }) => key ?? []),
    ...writes.flatMap(({ from, to }) => [from, to]),
  ]);
  if ((unknownAppears || servable.has(UNKNOWN)) && policy.assumedTtl > 0) {
    versions.set(UNKNOWN, {
      key: UNKNOWN,
      content: [],
      ttl: Math.max(longestTtl, policy.assumedTtl),
      unknown: true,
      seenAt: now,
    });
  }
  return {
    schema: 1,
    owner: sweep.owner,
    target: sweep.target,
    zone: sweep.zone,
    security: sweep.security,
    sweptAt: now,
    longestTtl,
    aliasTtl: sweep.aliasTtl,
    serversTtl: Math.max(before?.serversTtl ?? 0, sweep.serversTtl),
    versions: [...versions.values()].map((version) => withEnd(version, servable, now)),
    addresses,
    writes,
    ...(held === undefined ? {} : { held }),
    ours: before?.ours ?? [],
    ...stillForgotten(before, addresses),
  };
}

/**
 * The version that a provider holds. One that no server shows is not known yet, as behind a hidden primary. Servers may serve another
 * TTL than it tells, and denials have one of their own.
 */
function heldAs(
  { provider, content, ttl, failure }: HeldFacts,
  versions: readonly Version[],
  shown: ReadonlySet<string>,
): Held {
  const known = versions.filter(
    (version) => !version.unknown && content !== undefined && sameRdata(version.content, content),
  );
  const served = known.filter(({ key }) => shown.has(key));
  const among = served.length > 0 ? served : known;
  const version = among.find((one) => one.ttl === ttl) ?? among.at(-1);
  if (version !== undefined) return { provider, key: version.key };
  return { provider, failure: failure ?? 'it holds an RRset that no name server shows yet' };
}

function wasPast({ serial }: BegunWrite, then: AddressMemory): boolean {
  return then.serial !== undefined && serialGreater(then.serial, serial);
}

/** A provider is past a write when it holds something else, or still the same when no request can be on its way any more. */
function withoutThoseDone(
  write: BegunWrite,
  held: readonly Held[] | undefined,
  now: Instant,
): BegunWrite {
  if (held === undefined) return write;
  const isLate = write.byHand !== true && now - write.at >= LONGEST_WAY;
  const done = held.filter(({ key }) => key !== undefined && (key !== write.from || isLate));
  const overAt = new Set([...(write.overAt ?? []), ...done.map(({ provider }) => provider)]);
  return { ...write, overAt: [...overAt].sort() };
}

/**
 * An address is past a write when it serves a later serial, or what the write makes: one that was sent twice, or lost when
 * an earlier one had done its work, moves no serial, and its prerequisite keeps it from doing anything more.
 */
function isOver(
  write: BegunWrite,
  addresses: readonly AddressMemory[],
  held: readonly Held[] | undefined,
): boolean {
  if (addresses.some(({ failure, serial }) => failure !== undefined || serial === undefined)) {
    return false;
  }
  if (held !== undefined) {
    // Serials of several providers say nothing together: none can make it any more, and all that is shown is held by one of them.
    const keys = held.flatMap(({ key }) => key ?? []);
    const shown = addresses.flatMap(({ mayServe }) => mayServe);
    return (
      held.every(({ provider }) => write.overAt?.includes(provider)) &&
      keys.length === held.length &&
      shown.every((key) => keys.includes(key))
    );
  }
  return addresses.every((now) => wasPast(write, now) || now.mayServe.includes(write.to));
}

function stillForgotten(
  before: OwnerHistory | undefined,
  addresses: OwnerHistory['addresses'],
): Pick<OwnerHistory, 'forgotten'> {
  const forgotten = (before?.forgotten ?? []).filter((address) => addresses[address] === undefined);
  return forgotten.length === 0 ? {} : { forgotten };
}

/** A silent address counts for nothing until it answers: what only it may serve has ended. */
export function forgetAddress(history: OwnerHistory, address: string): OwnerHistory {
  const { [address]: _gone, ...addresses } = history.addresses;
  return { ...history, addresses, forgotten: [...(history.forgotten ?? []), address] };
}

/** Takes over the records of the newest RRset that a chain supplies. */
export function adoptRecords(
  history: OwnerHistory,
  supplies: (combination: Combination) => readonly RdataHex[],
): OwnerHistory {
  const adopted = (newestVersion(history)?.content ?? []).filter((rdata) => {
    const record = tlsaFromRdata(rdata);
    return record !== undefined && supplies(combinationOf(record)).includes(rdata);
  });
  return { ...history, ours: [...new Set([...history.ours, ...adopted])].sort() };
}

function withEnd(version: Version, servable: ReadonlySet<string>, now: Instant): Version {
  const { endedAt, ...rest } = version;
  if (servable.has(version.key)) return rest;
  return { ...rest, endedAt: endedAt ?? now };
}

/** How long an answer with this TTL may live in a cache after it was last served. */
export function cacheLife(ttl: Seconds, policy: Policy): Seconds {
  return Math.max(policy.ttlFactor * ttl, ttl + policy.cacheFloor) + policy.margin;
}

/** The instant after which no cache may hold this version; Infinity while it is servable. */
export function cachedUntil(version: Version, policy: Policy): Instant {
  if (version.endedAt === undefined) return Infinity;
  // The assumed life of an unknown version is the operator's number; it is not stretched again.
  const life = version.unknown ? version.ttl : cacheLife(version.ttl, policy);
  const end = version.endedAt + life;
  return version.signedUntil === undefined ? end : Math.min(end, version.signedUntil + CLOCK_SKEW);
}

export function cachedVersions(
  history: OwnerHistory,
  policy: Policy,
  now: Instant,
): readonly Version[] {
  // Whoever still serves it serves it to nobody once its signatures are over: a server that died for good stops blocking.
  return history.versions.filter(
    (version) =>
      now < cachedUntil(version, policy) && now < (version.signedUntil ?? Infinity) + CLOCK_SKEW,
  );
}

/** Forgets versions that no cache can hold any more, so that the document does not grow. */
export function forgetExpired(history: OwnerHistory, policy: Policy, now: Instant): OwnerHistory {
  const kept = new Set([
    newestVersion(history),
    ...heldVersions(history),
    ...cachedVersions(history, policy, now),
  ]);
  return { ...history, versions: history.versions.filter((version) => kept.has(version)) };
}

/** When the signatures over the newest RRset ended, if they had when it was last seen: nobody renews them. */
export function signaturesEnded(history: OwnerHistory): Instant | undefined {
  const end = newestVersion(history)?.signedUntil;
  return end !== undefined && end + CLOCK_SKEW <= history.sweptAt ? end : undefined;
}

/**
 * The newest RRset seen: what the primary most likely holds, to be asserted by the prerequisite of a write. Undefined while
 * only addresses answer that are known to be behind: what they show is the past.
 */
export function newestVersion(history: OwnerHistory): Version | undefined {
  const serial = newestSerial(history);
  const newest = Object.values(history.addresses).find(
    (memory) => memory.failure === undefined && memory.serial === serial,
  );
  const key = serial === undefined ? undefined : newest?.mayServe[0];
  return history.versions.find((version) => version.key === key);
}

/** What the providers hold, each version once: what the next writes start from. */
export function heldVersions(history: OwnerHistory): readonly Version[] {
  const { held, versions } = history;
  if (held === undefined) return [newestVersion(history) ?? []].flat();
  return versions.filter((version) => held.some(({ key }) => key === version.key));
}

/** Of all addresses, silent ones too. */
function newestSerial({ addresses }: OwnerHistory): number | undefined {
  let newest: number | undefined;
  for (const { serial, leftAt } of Object.values(addresses)) {
    if (serial === undefined || leftAt !== undefined) continue;
    if (newest === undefined || serialGreater(serial, newest)) newest = serial;
  }
  return newest;
}

/** A server and its address in words; once, when it is known by its address alone. */
export function serverAt(server: string, address: string): string {
  return server === `${address}.` ? address : `${server} ${address}`;
}

/** Addresses that may still serve this version, for explanations: "ns2.example.org. 2001:db8::53". */
export function servedBy(history: OwnerHistory, version: Version): readonly string[] {
  return Object.entries(history.addresses)
    .filter(([, { mayServe }]) => mayServe.includes(version.key))
    .map(([address, { server, failure, answeredAt }]) => {
      const where = serverAt(server, address);
      if (failure === undefined) return where;
      const since = answeredAt === undefined ? '' : `, last heard ${formatInstant(answeredAt)}`;
      return `${where} (${failure}${since})`;
    });
}

/** The first address that may still serve it and is silent: a refusal or a failure would be an answer. */
export function silentAt(history: OwnerHistory, version: Version): string | undefined {
  const silent = Object.entries(history.addresses).find(
    ([, { mayServe, failure }]) =>
      mayServe.includes(version.key) && /^(timeout|unreachable): /.test(failure ?? ''),
  );
  return silent?.[0];
}

/** Writes down that an edit is about to be sent: both of its versions are servable from now on (rule 8). */
export function beginWrite(
  history: OwnerHistory,
  from: Version,
  to: { readonly content: readonly RdataHex[]; readonly ttl: Seconds },
  now: Instant,
  by: Pick<BegunWrite, 'byHand'> = {},
): OwnerHistory {
  const key = versionKey(to.content, to.ttl);
  const known = history.versions.find((version) => version.key === key);
  const version: Version = { key, ...to, unknown: false, seenAt: known?.seenAt ?? now };
  const serial = newestSerial(history) ?? 0;
  const write: BegunWrite = { from: from.key, to: key, at: now, serial, ...by };
  const added = to.content.filter((item) => !from.content.includes(item));
  return {
    ...history,
    versions: [
      ...history.versions.filter((other) => other.key !== key && other.key !== from.key),
      withEnd(from, new Set([from.key]), now),
      version,
    ],
    writes: [...withoutRepeats(history.writes, write), write],
    // Ours from the moment at which it may be in DNS: a crash after the write must not orphan it.
    ours: [...new Set([...history.ours, ...added])].sort(),
  };
}

/** What is sent again for a day, until a person has done it, is remembered as the first time and the last. */
function withoutRepeats(writes: readonly BegunWrite[], again: BegunWrite): readonly BegunWrite[] {
  const isRepeat = ({ from, to, serial }: BegunWrite): boolean =>
    from === again.from && to === again.to && serial === again.serial;
  const first = writes.find(isRepeat);
  return writes.filter((write) => write === first || !isRepeat(write));
}

/** Takes a write back that the far side certainly did not make: what it would have added was never there. */
export function cancelWrite(history: OwnerHistory, at: Instant): OwnerHistory {
  const cancelled = new Set(history.writes.filter((write) => write.at === at).map(({ to }) => to));
  const served = new Set(Object.values(history.addresses).flatMap(({ mayServe }) => mayServe));
  const writes = history.writes.filter((write) => write.at !== at);
  // The same write may have been sent before, and that one is not known to have failed.
  const pending = new Set(writes.flatMap(({ from, to }) => [from, to]));
  const versions = history.versions.filter(
    ({ key }) => !cancelled.has(key) || served.has(key) || pending.has(key),
  );
  const ours = history.ours.filter((rdata) =>
    versions.some(({ content }) => content.includes(rdata)),
  );
  return {
    ...history,
    versions,
    ours,
    writes,
  };
}
