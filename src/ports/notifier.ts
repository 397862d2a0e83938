// The receivers of the news of a watch.
import type { Instant } from '../base/clock.ts';
import type { Call } from './call.ts';

export interface Notice {
  /**
   * The same when a message comes a second time, because this machine died before it could note
   * that it had been delivered.
   */
  readonly id: string;
  readonly at: Instant;
  /** One line. */
  readonly subject: string;
  readonly text: string;
  /** The same for programs. */
  readonly document: Readonly<Record<string, unknown>>;
}

/** A recipient who did not get a message, and the words of the server about him. */
export interface Undelivered {
  readonly recipient: string;
  readonly because: string;
}

/** What became of a message. Recipients that are in neither list have it. */
export interface Delivery {
  /** To be offered again: greylisting, a mailbox that is full for now. */
  readonly later: readonly Undelivered[];
  /** Refused for good: offering it again changes nothing. */
  readonly refused: readonly Undelivered[];
}

export interface Notifier {
  /** For messages and for the state; no secret, and no other notifier has it. */
  readonly label: string;
  /**
   * The recipients of one message, if there are several; absent: the notifier itself is the only
   * recipient.
   */
  readonly recipients?: readonly string[];
  /**
   * `to`: only these of its recipients. When it throws, no recipient has it.
   * @throws AppError NOTIFY_FAILED, SECRET_UNREADABLE, INTERRUPTED
   */
  deliver(notice: Notice, call: Call, to?: readonly string[]): Promise<Delivery>;
}
