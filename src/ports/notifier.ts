// Whoever is told what a watch has found.
import type { Instant } from '../base/clock.ts';
import type { Call } from './call.ts';

export interface Notice {
  /** The same when a message comes a second time, because this machine died before it could note that it had been delivered. */
  readonly id: string;
  readonly at: Instant;
  /** One line. */
  readonly subject: string;
  readonly text: string;
  /** The same for programs. */
  readonly document: Readonly<Record<string, unknown>>;
}

export interface Delivery {
  /** What did not go well although it was delivered: one of several recipients was refused, say. */
  readonly note?: string;
}

export interface Notifier {
  /** For messages and for the state; no secret, and no other notifier has it. */
  readonly label: string;
  /** @throws AppError NOTIFY_FAILED, SECRET_UNREADABLE, INTERRUPTED */
  deliver(notice: Notice, call: Call): Promise<Delivery>;
}
