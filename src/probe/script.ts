// The form of the protocols: a script yields what it sends together with what it wants to read
// next, gets that piece, and returns how the dialogue ends.

/**
 * `line`: up to LF, without it and a CR before it. `tag`: up to '>', without it. A number: so many
 * octets.
 */
export type Piece = 'line' | 'tag' | number;

export interface Wish {
  /** One character for each octet; '' when the script only listens. */
  readonly send: string;
  readonly read: Piece;
}

export type DialogueOutcome =
  | { readonly status: 'start-tls' }
  /** The service was asked and offers no TLS. */
  | { readonly status: 'no-tls'; readonly detail: string }
  /** It offers TLS and then refuses to begin: broken, which is not the same as absent. */
  | { readonly status: 'tls-failed'; readonly detail: string }
  /** The service refuses to talk, now or with this machine, so its TLS was not checked. */
  | { readonly status: 'turned-away'; readonly detail: string }
  | { readonly status: 'protocol-error'; readonly detail: string };

/** A part of a script, with a result of its own. */
export type Part<T> = Generator<Wish, T, string>;
export type Script = Part<DialogueOutcome>;

/** Ends a dialogue from within: what came cannot be read any further. */
export class DialogueError extends Error {}

export const line = (send = ''): Wish => ({ send, read: 'line' });
export const tag = (send = ''): Wish => ({ send, read: 'tag' });
export const octets = (count: number, send = ''): Wish => ({ send, read: count });

export const START: DialogueOutcome = { status: 'start-tls' };
export const noTls = (detail: string): DialogueOutcome => ({ status: 'no-tls', detail });
export const tlsFailed = (detail: string): DialogueOutcome => ({ status: 'tls-failed', detail });
export const turnedAway = (detail: string): DialogueOutcome => ({ status: 'turned-away', detail });
export const protocolError = (detail: string): DialogueOutcome => ({
  status: 'protocol-error',
  detail,
});

export const words = (text: string): string[] => text.toUpperCase().split(/\s+/);

/** Foreign text in a message: short, and nothing that moves a terminal's cursor. */
export const quoted = (text: string): string =>
  `"${text.slice(0, 120).replace(/[^\x20-\x7e]/g, '?')}"`;
