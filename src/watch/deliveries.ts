// One round of deliveries: every notifier gets the messages that wait for it, and each recipient
// has a state of its own.
import { defined } from '../base/defined.ts';
import { AppError, reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { Call } from '../ports/call.ts';
import type { Delivery, Notice, Notifier, Undelivered } from '../ports/notifier.ts';
import type { Due, Outbox } from './outbox.ts';
import { delivered, refused, waitingFor } from './outbox.ts';

/** The time that a delivery in progress gets to complete when the watch is stopped. */
const LAST_MOMENT_MS = 1000;

export interface Refusal extends Undelivered {
  readonly label: string;
}

export interface Sent {
  readonly outbox: Outbox;
  /** Recipients that were refused permanently. */
  readonly refusals: readonly Refusal[];
  /** Notifiers, each with those of its recipients that got a message. */
  readonly reached: readonly { readonly label: string; readonly to: readonly string[] }[];
}

const stopped = ({ signal }: Call): boolean => signal?.aborted === true;

export async function sendAll(
  outbox: Outbox,
  notifiers: readonly Notifier[],
  log: Logger,
  call: Call,
): Promise<Sent> {
  const hurried = lastMoment(call);
  let left = outbox;
  const refusals: Refusal[] = [];
  const reached: { label: string; to: readonly string[] }[] = [];
  const one = async (notifier: Notifier): Promise<void> => {
    const { label, recipients = [] } = notifier;
    for (const due of waitingFor(outbox, label)) {
      if (stopped(call)) return;
      const sent = await send(due, notifier, log, hurried.call);
      if (sent === undefined) return;
      // The next message would wait for the same time-out; it is sent in the next round.
      if (sent === 'failed') {
        left = refused(left, due.notice.id, label);
        return;
      }
      const again = sent.later.map(({ recipient }) => recipient);
      left =
        again.length === 0
          ? delivered(left, due.notice.id, label)
          : refused(left, due.notice.id, label, again);
      refusals.push(...sent.refused.map((refusal) => ({ ...refusal, label })));
      const not = [...again, ...sent.refused.map(({ recipient }) => recipient)];
      reached.push({ label, to: (due.to ?? recipients).filter((each) => !not.includes(each)) });
    }
  };
  await Promise.all(notifiers.map(one));
  hurried.clear();
  return { outbox: left, refusals, reached };
}

const list = (some: readonly Undelivered[]): string =>
  some.map(({ recipient, because }) => `${recipient}: ${because}`).join('; ');

/** Undefined: interrupted, which is not a failure. */
async function send(
  { notice, to }: Due,
  notifier: Notifier,
  log: Logger,
  call: Call,
): Promise<Delivery | 'failed' | undefined> {
  const about = { notifier: notifier.label, subject: notice.subject };
  try {
    const sent = await notifier.deliver(notice, call, to);
    tell(sent, about, log);
    return sent;
  } catch (error) {
    if (stopped(call)) return undefined;
    const hint = error instanceof AppError ? error.hint : undefined;
    log.error('not delivered; holger tries again in the next round', {
      ...about,
      detail: reasonOf(error),
      ...defined({ hint }),
    });
    return 'failed';
  }
}

function tell(
  { later, refused: never }: Delivery,
  about: Pick<Notice, 'subject'> & { readonly notifier: string },
  log: Logger,
): void {
  if (later.length > 0) {
    log.warn('not delivered to all; holger tries again in the next round', {
      ...about,
      detail: list(later),
    });
  }
  if (never.length > 0) log.error('refused permanently', { ...about, detail: list(never) });
  if (later.length + never.length === 0) log.info('delivered', about);
}

function lastMoment({ signal }: Call): { readonly call: Call; clear(): void } {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => {
    timer = setTimeout(() => late.abort(signal?.reason), LAST_MOMENT_MS);
  };
  signal?.addEventListener('abort', begin, { once: true });
  return {
    call: { signal: late.signal },
    clear: () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', begin);
    },
  };
}
