// IMAP (RFC 9051 §6.2.1).
import {
  START,
  line,
  noTls,
  protocolError,
  quoted,
  tlsFailed,
  turnedAway,
  words,
  type DialogueOutcome,
  type Part,
  type Script,
} from './script.ts';

export const IMAP_FAREWELL = 'bye LOGOUT\r\n';

export function* imap(): Script {
  const greeting: string = yield line();
  if (/^\* PREAUTH\b/i.test(greeting)) return noTls('PREAUTH: STARTTLS is not possible');
  if (BYE.test(greeting)) return turnedAway(`greeting: ${quoted(greeting)}`);
  if (!/^\* OK\b/i.test(greeting)) return protocolError(`greeting: ${quoted(greeting)}`);
  const announced = /\[CAPABILITY ([^\]]*)\]/i.exec(greeting)?.[1] ?? '';
  if (!words(announced).includes('STARTTLS')) {
    const reply = yield* imapReply('a', 'CAPABILITY');
    if (reply.status !== 'OK') return failure('CAPABILITY', reply);
    const offers = reply.untagged.some(
      (text) => /^\* CAPABILITY /i.test(text) && words(text).includes('STARTTLS'),
    );
    if (!offers) return noTls('STARTTLS is not offered');
  }
  const answer = yield* imapReply('b', 'STARTTLS');
  if (answer.status === undefined) return failure('STARTTLS', answer);
  return answer.status === 'OK' ? START : tlsFailed(`STARTTLS: ${quoted(answer.text)}`);
}

/**
 * The server closes the connection, at the greeting or at any time (RFC 9051 §7.1.5): shutting
 * down, too busy, too many connections.
 */
const BYE = /^\* BYE\b/i;

function failure(command: string, { text }: ImapReply): DialogueOutcome {
  return (BYE.test(text) ? turnedAway : protocolError)(`${command}: ${quoted(text)}`);
}

interface ImapReply {
  /** Undefined: a line that is neither untagged nor an answer to this command. */
  readonly status: 'OK' | 'NO' | 'BAD' | undefined;
  readonly text: string;
  readonly untagged: readonly string[];
}

function* imapReply(tag: string, command: string): Part<ImapReply> {
  const untagged: string[] = [];
  for (let wish = `${tag} ${command}\r\n`; ; wish = '') {
    const text: string = yield line(wish);
    if (text.startsWith('* ') && !BYE.test(text)) {
      untagged.push(text);
      continue;
    }
    const [, found, status] = /^(\S+) (OK|NO|BAD)\b/i.exec(text) ?? [];
    const known = found === tag ? (status?.toUpperCase() as ImapReply['status']) : undefined;
    return { status: known, text, untagged };
  }
}
