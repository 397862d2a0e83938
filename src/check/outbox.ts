// Messages that somebody has not got yet. What a notifier refuses is offered to it again at later rounds, for two days.
import type { Instant } from '../base/clock.ts';
import type { Notice } from '../ports/notifier.ts';

const GIVE_UP_AFTER = 2 * 86_400;
/** So that an interval of days still gives more than one try. */
const FEWEST_TRIES = 5;
const MOST_NOTICES = 50;

interface Posted {
  readonly notice: Notice;
  /** Who is still to get it, and how often that was tried. */
  readonly waiting: Readonly<Record<string, number>>;
}

/** The oldest first. */
export type Outbox = readonly Posted[];

export interface Dropped {
  readonly outbox: Outbox;
  readonly dropped: readonly { readonly label: string; readonly notice: Notice }[];
}

export function post(outbox: Outbox, notice: Notice, labels: readonly string[]): Outbox {
  if (labels.length === 0) return outbox;
  return [...outbox, { notice, waiting: Object.fromEntries(labels.map((label) => [label, 0])) }];
}

export function waitingFor(outbox: Outbox, label: string): readonly Notice[] {
  return outbox.filter(({ waiting }) => label in waiting).map(({ notice }) => notice);
}

function without(waiting: Posted['waiting'], gone: (label: string) => boolean): Posted['waiting'] {
  return Object.fromEntries(Object.entries(waiting).filter(([label]) => !gone(label)));
}

const some = ({ waiting }: Posted): boolean => Object.keys(waiting).length > 0;

export function delivered(outbox: Outbox, id: string, to: string): Outbox {
  return outbox
    .map((one) =>
      one.notice.id === id
        ? { ...one, waiting: without(one.waiting, (label) => label === to) }
        : one,
    )
    .filter(some);
}

export function refused(outbox: Outbox, id: string, by: string): Outbox {
  return outbox.map((one) =>
    one.notice.id === id
      ? { ...one, waiting: { ...one.waiting, [by]: (one.waiting[by] ?? 0) + 1 } }
      : one,
  );
}

/** Without what is too old, too much, or for notifiers that are configured no longer. Only the first two are losses. */
export function cleared(outbox: Outbox, labels: readonly string[], now: Instant): Dropped {
  const known = outbox
    .map((one) => ({ ...one, waiting: without(one.waiting, (label) => !labels.includes(label)) }))
    .filter(some);
  const surplus = Math.max(0, known.length - MOST_NOTICES);
  const isLost = (index: number, { notice }: Posted, tries: number): boolean =>
    index < surplus || (tries >= FEWEST_TRIES && now - notice.at > GIVE_UP_AFTER);
  const dropped = known.flatMap((one, index) =>
    Object.entries(one.waiting)
      .filter(([, tries]) => isLost(index, one, tries))
      .map(([label]) => ({ label, notice: one.notice })),
  );
  const kept = dropped.reduce<Outbox>(
    (left, { label, notice }) => delivered(left, notice.id, label),
    known,
  );
  return { outbox: kept, dropped };
}
