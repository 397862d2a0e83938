// Writes that have begun: from the moment when one may be made until it is known to be complete,
// both of its versions are servable (rule 8).
import type { Instant, Seconds } from '../../base/clock.ts';
import { serialGreater } from '../../dns/serial.ts';
import { versionKey } from './owner-history.ts';
import type {
  AddressMemory,
  BegunWrite,
  Held,
  OwnerHistory,
  VainWrite,
  Version,
} from './owner-history.ts';
import { newestSerial, withEnd } from './versions.ts';

/** No request to write is in transit for longer than this. */
export const LONGEST_WAY: Seconds = 600;

/** A version, and the content that a write puts in its place. */
interface Change {
  readonly from: Version;
  readonly to: Pick<Version, 'content' | 'ttl'>;
}

/**
 * Stores that an edit is about to be sent: both of its versions are servable from now on (rule 8).
 * `serial`: the newest observed, also under other names of the RRset.
 */
export function beginWrite(
  history: OwnerHistory,
  { from, to }: Change,
  now: Instant,
  {
    serial = newestSerial(history) ?? 0,
    ...by
  }: Partial<Pick<BegunWrite, 'byHand' | 'serial'>> = {},
): OwnerHistory {
  const key = versionKey(to.content, to.ttl);
  const known = history.versions.find((version) => version.key === key);
  const version: Version = {
    ...{ key, ...to, unknown: false, seenAt: known?.seenAt ?? now },
    ...(known?.serial === undefined ? {} : { serial: known.serial }),
  };
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
    // Ours from the moment when it may be in DNS: after a crash its record must still be known as
    // ours.
    ours: [...new Set([...history.ours, ...added])].sort(),
  };
}

/**
 * A change that a person is asked for again and again is stored with the first time and the last.
 */
function withoutRepeats(writes: readonly BegunWrite[], again: BegunWrite): readonly BegunWrite[] {
  const isRepeat = ({ from, to, serial }: BegunWrite): boolean =>
    from === again.from && to === again.to && serial === again.serial;
  const first = writes.find(isRepeat);
  return writes.filter((write) => write === first || !isRepeat(write));
}

export function wasPast({ serial }: BegunWrite, then: AddressMemory): boolean {
  return then.serial !== undefined && serialGreater(then.serial, serial);
}

/**
 * `over`: writes that will not be made any more. Those that were not made count until something
 * else is served.
 */
export function vainWrites(
  before: readonly VainWrite[] = [],
  over: readonly BegunWrite[],
  shown: ReadonlySet<string>,
  held: readonly Held[] | undefined,
): readonly VainWrite[] {
  const isVain = ({ from, to }: Omit<VainWrite, 'since'>): boolean =>
    held === undefined ? shown.has(from) && !shown.has(to) : held.some(({ key }) => key === from);
  const vain = before.filter(isVain);
  for (const write of over) {
    const { from, to, at, byHand } = write;
    const isKnown = vain.some((one) => one.from === from && one.to === to);
    if (isKnown || byHand === true || !isVain(write)) continue;
    vain.push({ from, to, since: at });
  }
  return vain;
}

/**
 * A provider has passed a write when it has another RRset, or still the same when no request can be
 * in transit any more.
 */
export function withoutThoseDone(
  write: BegunWrite,
  held: readonly Held[] | undefined,
  now: Instant,
): BegunWrite {
  if (held === undefined) return write;
  const isLate = write.byHand !== true && now - write.at >= LONGEST_WAY;
  const done = held.filter(({ key }) => key !== undefined && (key !== write.from || isLate));
  const overFor = new Set([...(write.overFor ?? []), ...done.map(({ provider }) => provider)]);
  return { ...write, overFor: [...overFor].sort() };
}

/**
 * An address has passed a write when it serves a later serial, or the result of the write. A write
 * that was sent twice changes no serial, and its prerequisite prevents a second effect.
 */
export function isOver(
  write: BegunWrite,
  addresses: readonly AddressMemory[],
  held: readonly Held[] | undefined,
): boolean {
  if (addresses.some(({ failure, serial }) => failure !== undefined || serial === undefined)) {
    return false;
  }
  if (held !== undefined) {
    // Serials of several providers cannot be compared: no provider can make it any more, and every
    // RRset that is shown belongs to one of them.
    const keys = held.flatMap(({ key }) => key ?? []);
    const shown = addresses.flatMap(({ mayServe }) => mayServe);
    return (
      held.every(({ provider }) => write.overFor?.includes(provider)) &&
      keys.length === held.length &&
      shown.every((key) => keys.includes(key))
    );
  }
  return addresses.every((now) => wasPast(write, now) || now.mayServe.includes(write.to));
}
