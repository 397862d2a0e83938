// Adds a sweep to the history of a TLSA owner: what each address shows, or may serve while it is
// silent (rules 6-10).
import type { Seconds } from '../../base/clock.ts';
import { sameRdata } from '../../dns/rrset.ts';
import { newerSerial, serialGreater } from '../../dns/serial.ts';
import { versionKey } from './owner-history.ts';
import type {
  AddressMemory,
  Held,
  HeldFacts,
  Observation,
  OwnerHistory,
  SweepFacts,
  Version,
} from './owner-history.ts';
import type { Policy } from '../model.ts';
import { movedTo, serversThatLeft } from './superseded-paths.ts';
import { withEnd } from './versions.ts';
import { isOver, vainWrites, wasPast, withoutThoseDone } from './pending-writes.ts';

/** Key of the unknown version: what was served before the first sweep. */
const UNKNOWN = 'unknown';

/** A sweep, what was known before it, and every version known since. */
interface Swept {
  readonly before: OwnerHistory | undefined;
  readonly sweep: SweepFacts;
  readonly versions: Versions;
}

/** Adds one sweep to what is known of an owner. */
export function recordSweep(
  known: OwnerHistory | undefined,
  sweep: SweepFacts,
  policy: Pick<Policy, 'assumedTtl' | 'ttlFactor' | 'margin'>,
): OwnerHistory {
  const now = sweep.receivedAt;
  const before = movedTo(sweep.target, known);
  const versions = versionsAfter(before, sweep);
  const swept: Swept = { before, sweep, versions };
  const longestTtl = longestTtlOf(swept);
  const unknown = { ttl: Math.max(longestTtl, policy.assumedTtl), seenAt: now };
  const assume = (serial: number | undefined): void => {
    if (policy.assumedTtl > 0) versions.set(UNKNOWN, unknownVersion(unknown, serial));
  };
  const missed = unseen(swept);
  if (missed !== undefined) {
    const { serial = missed.serial } = versions.get(UNKNOWN) ?? {};
    assume(missed.serial === undefined ? serial : newerSerial(serial, missed.serial));
  }
  const addresses = addressesAfter(swept, policy);
  const { held, writes, vain } = writesAfter(swept, addresses);
  const servable = new Set([
    ...Object.values(addresses).flatMap(({ mayServe }) => mayServe),
    ...(held ?? []).flatMap(({ key }) => key ?? []),
    ...writes.flatMap(({ from, to }) => [from, to]),
  ]);
  if (servable.has(UNKNOWN)) assume(versions.get(UNKNOWN)?.serial);
  const { owner, target, zone, security, aliasTtl } = sweep;
  return {
    ...{ schema: 1, owner, target, zone, security },
    ...(sweep.unproven === undefined ? {} : { unproven: sweep.unproven }),
    ...{ sweptAt: now, longestTtl, aliasTtl },
    serversTtl: Math.max(before?.serversTtl ?? 0, sweep.serversTtl),
    versions: [...versions.values()].map((version) => withEnd(version, servable, now)),
    addresses,
    writes,
    ...(vain.length === 0 ? {} : { vain }),
    ...(held === undefined ? {} : { held }),
    ours: before?.ours ?? [],
    ...stillForgotten(before, addresses),
  };
}

function longestTtlOf({ before, sweep }: Swept): Seconds {
  const ttls = sweep.observations.flatMap(({ answer }) => answer?.ttl ?? []);
  return Math.max(before?.longestTtl ?? 0, sweep.aliasTtl, ...ttls);
}

function unknownVersion(
  { ttl, seenAt }: Pick<Version, 'ttl' | 'seenAt'>,
  serial: number | undefined,
): Version {
  const version = { key: UNKNOWN, content: [], ttl, unknown: true, seenAt };
  return serial === undefined ? version : { ...version, serial };
}

/** What the providers hold now, and which writes are not over, or were in vain. */
function writesAfter(
  { before, sweep, versions }: Swept,
  addresses: Readonly<Record<string, AddressMemory>>,
): Required<Pick<OwnerHistory, 'writes' | 'vain'>> & { held: readonly Held[] | undefined } {
  const here = Object.values(addresses).filter(({ leftAt }) => leftAt === undefined);
  const shown = new Set(here.flatMap(({ mayServe }) => mayServe));
  const held = sweep.held?.map((one) => heldAs(one, [...versions.values()], shown));
  const begun = (before?.writes ?? []).map((write) =>
    withoutThoseDone(write, held, sweep.receivedAt),
  );
  const writes = begun.filter((write) => !isOver(write, here, held));
  const over = begun.filter((write) => !writes.includes(write));
  return { held, writes, vain: vainWrites(before?.vain, over, shown, held) };
}

type Versions = Map<string, Version>;

function versionsAfter(before: OwnerHistory | undefined, sweep: SweepFacts): Versions {
  const versions: Versions = new Map(
    (before?.versions ?? []).map((version) => [version.key, version]),
  );
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
      seenAt: seen?.seenAt ?? sweep.receivedAt,
      serial: newerSerial(seen?.serial, answer.serial),
      ...(seen?.endedAt === undefined ? {} : { endedAt: seen.endedAt }),
      ...(signedUntil > 0 ? { signedUntil } : {}),
    });
  }
  return versions;
}

/**
 * Whether there may have been a version that holger did not see: at an address before its first
 * observation, or between two sweeps. `serial`: the newest at which others may still get it.
 */
function unseen(swept: Swept): { readonly serial?: number } | undefined {
  const { before, sweep } = swept;
  const memoryOf = (address: string): AddressMemory | undefined => before?.addresses[address];
  let known: number | undefined;
  for (const { serial } of Object.values(before?.addresses ?? {})) {
    if (serial !== undefined) known = newerSerial(known, serial);
  }
  for (const { address, answer } of sweep.observations) {
    if (answer === undefined || memoryOf(address)?.serial === undefined) continue;
    known = newerSerial(known, answer.serial);
  }
  let found = false;
  let newest: number | undefined;
  for (const { address, answer } of sweep.observations) {
    if (answer === undefined) continue;
    const memory = memoryOf(address);
    let last = known;
    if (memory?.serial !== undefined) {
      const key = versionKey(answer.content, answer.ttl);
      const isKnown = memory.mayServe.includes(key);
      // Another writer changed it, perhaps more than once.
      if (isKnown || isExplained(key, memory, swept)) continue;
      if (answer.serial === (memory.serial + 1) >>> 0) continue;
      last = undefined;
    }
    found = true;
    // What came before, at a new address that is not ahead of the others, was observed at those.
    if (last !== undefined && !serialGreater(answer.serial, (last + 1) >>> 0)) continue;
    newest = newerSerial(newest, (answer.serial - 1) >>> 0);
  }
  if (!found) return undefined;
  return newest === undefined ? {} : { serial: newest };
}

/**
 * Whether writes of holger explain what an address shows now: not those that it had already passed.
 */
function isExplained(
  key: string,
  then: AddressMemory,
  { before, sweep, versions }: Swept,
): boolean {
  const isAbsent = (one: string): boolean => versions.get(one)?.content.length === 0;
  return (before?.writes ?? [])
    .filter((write) =>
      sweep.held === undefined ? !wasPast(write, then) : !then.mayServe.includes(write.to),
    )
    .some(
      ({ from, to }) =>
        from === key ||
        to === key ||
        // The writer of a withdrawal does not choose the TTL of the denial (RFC 2308 §5).
        (isAbsent(key) && isAbsent(to)),
    );
}

function addressesAfter(
  swept: Swept,
  policy: Pick<Policy, 'ttlFactor' | 'margin'>,
): Record<string, AddressMemory> {
  const { before, sweep } = swept;
  const addresses: Record<string, AddressMemory> = {};
  for (const [address, memory] of Object.entries(serversThatLeft(before, sweep, policy))) {
    addresses[address] = { ...memory, mayServe: whileSilent(memory, swept) };
  }
  for (const observation of sweep.observations) {
    const { address, server, failure, silent = false } = observation;
    const memory = before?.addresses[address];
    const answer = observation.answer ?? speaksFor(sweep, observation)?.answer;
    if (answer === undefined && before?.forgotten?.includes(address)) continue;
    addresses[address] =
      answer === undefined
        ? {
            ...(memory ?? { server }),
            mayServe: whileSilent(memory, swept),
            ...{ failure: failure ?? 'silent', silent },
            failingSince: memory?.failingSince ?? sweep.receivedAt,
          }
        : {
            server,
            mayServe: [versionKey(answer.content, answer.ttl)],
            serial: answer.serial,
            answeredAt: sweep.receivedAt,
            ...(answer.signedUntil === undefined ? { unsigned: true } : {}),
          };
  }
  return addresses;
}

/**
 * What an address served last or anything later; one that never answered may serve anything (rule
 * 9).
 */
function whileSilent(
  memory: AddressMemory | undefined,
  { before, sweep, versions }: Swept,
): readonly string[] {
  const met = new Set(before?.versions.map(({ key }) => key));
  const shown = new Set(
    sweep.observations.flatMap(({ answer }) =>
      answer === undefined ? [] : versionKey(answer.content, answer.ttl),
    ),
  );
  const isLater = ({ key, serial, endedAt }: Version): boolean => {
    if (shown.has(key) && !met.has(key)) return true;
    // Serials of several providers cannot be compared: there, everything that the others serve may
    // be on its way.
    if (sweep.held !== undefined) return endedAt === undefined || shown.has(key);
    const last = memory?.serial;
    return serial !== undefined && last !== undefined && serialGreater(serial, last);
  };
  const later = [...versions.values()].filter(isLater).map(({ key }) => key);
  return [...new Set([...(memory?.mayServe ?? [UNKNOWN, ...versions.keys()]), ...later])];
}

function speaksFor(sweep: SweepFacts, mute: Observation): Observation | undefined {
  if (mute.noRoute !== true) return undefined;
  return sweep.observations.find(({ server, answer }) => server === mute.server && answer);
}

/**
 * The version that a provider has. One that no server shows is not known yet, as behind a hidden
 * primary. Servers may serve another TTL than the provider reports, and denials have one of their
 * own.
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
  return { provider, failure: failure ?? 'it has an RRset that no name server serves yet' };
}

function stillForgotten(
  before: OwnerHistory | undefined,
  addresses: OwnerHistory['addresses'],
): Pick<OwnerHistory, 'forgotten'> {
  const forgotten = (before?.forgotten ?? []).filter((address) => addresses[address] === undefined);
  return forgotten.length === 0 ? {} : { forgotten };
}
