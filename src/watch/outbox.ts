// Messages that are not delivered yet. A message that a notifier refuses is offered again in later
// rounds, for two days.
import type { Instant } from '../base/clock.ts';
import type { Notice } from '../ports/notifier.ts';

const GIVE_UP_AFTER = 2 * 86_400;
/** So that there is more than one try even with an interval of days. */
const FEWEST_TRIES = 5;
const MOST_NOTICES = 50;

/** The addressee of a message: a notifier, or some of its recipients. */
export interface Receiver {
  readonly label: string;
  readonly to?: readonly string[];
}

interface Waiting {
  readonly tries: number;
  /** The recipients that are left; absent: all, or the notifier has no single ones. */
  readonly to?: readonly string[];
}

interface Posted {
  readonly notice: Notice;
  /** The addressees that are left. A number, as older versions wrote it, is the number of tries. */
  readonly waiting: Readonly<Record<string, Waiting | number>>;
}

export interface Due {
  readonly notice: Notice;
  readonly to?: readonly string[];
}

const waitingOf = (one: Waiting | number): Waiting =>
  typeof one === 'number' ? { tries: one } : one;

/** The oldest first. */
export type Outbox = readonly Posted[];

export interface Dropped {
  readonly outbox: Outbox;
  readonly dropped: readonly { readonly label: string; readonly notice: Notice }[];
}

export function post(outbox: Outbox, notice: Notice, receivers: readonly Receiver[]): Outbox {
  if (receivers.length === 0) return outbox;
  const waiting = receivers.map(
    ({ label, to }) => [label, { tries: 0, ...(to && { to }) }] as const,
  );
  return [...outbox, { notice, waiting: Object.fromEntries(waiting) }];
}

export function waitingFor(outbox: Outbox, label: string): readonly Due[] {
  return outbox.flatMap(({ notice, waiting }) => {
    const own = Object.hasOwn(waiting, label) ? waiting[label] : undefined;
    if (own === undefined) return [];
    const { to } = waitingOf(own);
    return [{ notice, ...(to && { to }) }];
  });
}

function without(waiting: Posted['waiting'], gone: (label: string) => boolean): Posted['waiting'] {
  return Object.fromEntries(Object.entries(waiting).filter(([label]) => !gone(label)));
}

const some = ({ waiting }: Posted): boolean => Object.keys(waiting).length > 0;

/** One notifier has delivered, or given up, a message. */
export function delivered(outbox: Outbox, id: string, by: string): Outbox {
  return outbox
    .map((one) =>
      one.notice.id === id
        ? { ...one, waiting: without(one.waiting, (label) => label === by) }
        : one,
    )
    .filter(some);
}

/** A try failed; `left`: for these recipients only. */
export function refused(outbox: Outbox, id: string, by: string, left?: readonly string[]): Outbox {
  return outbox.map((one) => {
    if (one.notice.id !== id) return one;
    const { tries, to } = waitingOf(one.waiting[by] ?? 0);
    const still = left ?? to;
    const again: Waiting = { tries: tries + 1, ...(still && { to: still }) };
    return { ...one, waiting: { ...one.waiting, [by]: again } };
  });
}

/**
 * Removes messages that are too old, too many, or for notifiers that are not configured any more.
 * Only the first two are losses.
 */
export function cleared(outbox: Outbox, labels: readonly string[], now: Instant): Dropped {
  const known = outbox
    .map((one) => ({ ...one, waiting: without(one.waiting, (label) => !labels.includes(label)) }))
    .filter(some);
  const surplus = Math.max(0, known.length - MOST_NOTICES);
  const isLost = (index: number, { notice }: Posted, tries: number): boolean =>
    index < surplus || (tries >= FEWEST_TRIES && now - notice.at > GIVE_UP_AFTER);
  const dropped = known.flatMap((one, index) =>
    Object.entries(one.waiting)
      .filter(([, waiting]) => isLost(index, one, waitingOf(waiting).tries))
      .map(([label]) => ({ label, notice: one.notice })),
  );
  const kept = dropped.reduce<Outbox>(
    (left, { label, notice }) => delivered(left, notice.id, label),
    known,
  );
  return { outbox: kept, dropped };
}
