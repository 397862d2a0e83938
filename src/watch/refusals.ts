// Recipients that a mail server refuses permanently. The other recipients get one message about it,
// and another one only after the recipient was reached again.
import type { Instant } from '../base/clock.ts';
import { formatInstant } from '../base/clock.ts';
import type { Notice, Notifier } from '../ports/notifier.ts';
import type { Refusal, Sent } from './deliveries.ts';
import type { Occasion } from './message.ts';
import type { Receiver } from './outbox.ts';

/** Notifier and recipient of each known refusal. */
export type Refused = readonly string[];

const keyOf = (label: string, recipient: string): string => `${label}\n${recipient}`;

/** What is stored after a round. */
export function remembered(before: Refused, { refusals, reached }: Sent): Refused {
  const well = reached.flatMap(({ label, to }) => to.map((each) => keyOf(label, each)));
  const all = [...before, ...refusals.map(({ label, recipient }) => keyOf(label, recipient))];
  return [...new Set(all)].filter((key) => !well.includes(key));
}

/** Refusals that were not reported yet. */
export function unheardOf(before: Refused, { refusals }: Sent): readonly Refusal[] {
  const known = new Set(before);
  const fresh = refusals.filter(({ label, recipient }) => !known.has(keyOf(label, recipient)));
  return [...new Map(fresh.map((one) => [keyOf(one.label, one.recipient), one])).values()];
}

/** All recipients except the refused ones. */
export function othersThan(known: Refused, notifiers: readonly Notifier[]): Receiver[] {
  return notifiers.flatMap(({ label, recipients }) => {
    if (recipients === undefined) return [{ label }];
    const to = recipients.filter((each) => !known.includes(keyOf(label, each)));
    return to.length === 0 ? [] : [{ label, to }];
  });
}

export function refusalNotice(
  refusals: readonly Refusal[],
  { id, at, host }: Occasion & { readonly at: Instant },
): Notice {
  const who = refusals.map(({ recipient }) => recipient).join(', ');
  const lines = refusals.map(({ recipient, because }) => `* ${recipient}\n  because: ${because}`);
  return {
    ...{ id, at },
    subject: `[holger] WARNING messages to ${who} are refused`,
    text: `The mail server refuses messages of holger to:\n\n${lines.join('\n')}\n  todo: correct the address in [monitor], or let the server take the mail; then holger notify test\n\n${formatInstant(at)}, holger check --watch on ${host}\n`,
    document: {
      ...{ schema: 1, id, at: formatInstant(at), host, severity: 'warning' },
      news: refusals.map(({ label, recipient, because }) => ({
        ...{ change: 'refused', severity: 'warning', notifier: label, recipient, because },
      })),
    },
  };
}
