// How a plain connection is brought to the point where TLS may begin: SMTP and LMTP (RFC 3207), IMAP (RFC 9051 §6.2.1), POP3 (RFC 2595 §4).
// No socket: bytes go in, text to send and an outcome come out. Each protocol is a generator that yields what it wants to send ('' when it
// only listens) and gets the next line back.
import type { Protocol } from '../ports/probe.ts';
import { LimitError, createLineReader } from './lines.ts';

export type PlainProtocol = Exclude<Protocol, 'tls'>;

export type DialogueOutcome =
  | { readonly status: 'start-tls' }
  /** The service was asked and offers no TLS. */
  | { readonly status: 'no-tls'; readonly detail: string }
  /** It offers TLS and then refuses to begin: broken, which is not the same as absent. */
  | { readonly status: 'tls-failed'; readonly detail: string }
  | { readonly status: 'protocol-error'; readonly detail: string };

export interface DialogueStep {
  /** Text to send now; may be empty. */
  readonly send: string;
  readonly outcome?: DialogueOutcome;
}

export interface Dialogue {
  receive(bytes: Uint8Array): DialogueStep;
}

type Script = Generator<string, DialogueOutcome, string>;

export function createDialogue(protocol: PlainProtocol, clientName: string): Dialogue {
  const lines = createLineReader();
  const script = scriptOf(protocol, clientName);
  script.next(); // to its first wish: the greeting
  return {
    receive: (bytes) => {
      lines.push(bytes);
      let send = '';
      try {
        for (let line = lines.next(); line !== undefined; line = lines.next()) {
          const step = script.next(line);
          if (step.done === true) return { send, outcome: checked(step.value, lines.pending()) };
          send += step.value;
        }
      } catch (error) {
        if (!(error instanceof LimitError)) throw error;
        return { send, outcome: protocolError(error.message) };
      }
      return { send };
    },
  };
}

/** The polite end: a server that sees the connection just vanish writes a complaint into its log. */
export function farewell(protocol: Protocol): string {
  if (protocol === 'tls') return '';
  return protocol === 'imap' ? 'bye LOGOUT\r\n' : 'QUIT\r\n';
}

/**
 * Whatever follows the answer to STARTTLS was sent in the clear, by the server or by somebody between; taken into the encrypted session it
 * would count as said by the server (CVE-2011-0411).
 */
function checked(outcome: DialogueOutcome, pending: number): DialogueOutcome {
  if (outcome.status !== 'start-tls' || pending === 0) return outcome;
  return protocolError('data in the clear after the answer to STARTTLS (CVE-2011-0411)');
}

function scriptOf(protocol: PlainProtocol, clientName: string): Script {
  switch (protocol) {
    case 'smtp':
    case 'submission':
      return smtp('EHLO', clientName);
    case 'lmtp':
      return smtp('LHLO', clientName);
    case 'imap':
      return imap();
    case 'pop3':
      return pop3();
  }
}

interface Reply {
  readonly code: number;
  readonly lines: readonly string[];
}

function* smtp(hello: string, clientName: string): Script {
  const greeting = yield* smtpReply('');
  if (greeting?.code !== 220) return protocolError(`greeting: ${said(greeting)}`);
  const features = yield* smtpReply(`${hello} ${clientName}\r\n`);
  // 500, 502, 504: it does not know the command, so it knows no extension either (RFC 5321 §4.1.1.1).
  if (features !== undefined && [500, 502, 504].includes(features.code)) {
    return noTls(`${hello}: ${said(features)}`);
  }
  if (features?.code !== 250) return protocolError(`${hello}: ${said(features)}`);
  const offers = features.lines.slice(1).some((line) => /^STARTTLS(\s|$)/i.test(line));
  if (!offers) return noTls('STARTTLS is not offered');
  const answer = yield* smtpReply('STARTTLS\r\n');
  if (answer === undefined) return protocolError('STARTTLS: no SMTP reply');
  return answer.code === 220 ? START : tlsFailed(`STARTTLS: ${said(answer)}`);
}

/** One reply of one or many lines (RFC 5321 §4.2.1); undefined when a line is none, or the codes differ. */
function* smtpReply(send: string): Generator<string, Reply | undefined, string> {
  const lines: string[] = [];
  let code: string | undefined;
  for (let wish = send; ; wish = '') {
    const line: string = yield wish;
    const parts = /^([2-5]\d\d)(?:([ -])(.*))?$/.exec(line);
    if (parts === null || (code !== undefined && parts[1] !== code)) return undefined;
    code = parts[1] ?? '';
    lines.push(parts[3] ?? '');
    if (parts[2] !== '-') return { code: Number(code), lines };
  }
}

function* imap(): Script {
  const greeting: string = yield '';
  if (/^\* PREAUTH\b/i.test(greeting)) return noTls('PREAUTH: STARTTLS is not possible');
  if (!/^\* OK\b/i.test(greeting)) return protocolError(`greeting: ${quoted(greeting)}`);
  const announced = /\[CAPABILITY ([^\]]*)\]/i.exec(greeting)?.[1] ?? '';
  if (!words(announced).includes('STARTTLS')) {
    const reply = yield* imapReply('a', 'CAPABILITY');
    if (reply.status !== 'OK') return protocolError(`CAPABILITY: ${quoted(reply.text)}`);
    const offers = reply.untagged.some(
      (line) => /^\* CAPABILITY /i.test(line) && words(line).includes('STARTTLS'),
    );
    if (!offers) return noTls('STARTTLS is not offered');
  }
  const answer = yield* imapReply('b', 'STARTTLS');
  if (answer.status === undefined) return protocolError(`STARTTLS: ${quoted(answer.text)}`);
  return answer.status === 'OK' ? START : tlsFailed(`STARTTLS: ${quoted(answer.text)}`);
}

interface ImapReply {
  /** Undefined: a line that is neither untagged nor an answer to this command. */
  readonly status: 'OK' | 'NO' | 'BAD' | undefined;
  readonly text: string;
  readonly untagged: readonly string[];
}

function* imapReply(tag: string, command: string): Generator<string, ImapReply, string> {
  const untagged: string[] = [];
  for (let wish = `${tag} ${command}\r\n`; ; wish = '') {
    const line: string = yield wish;
    if (line.startsWith('* ') && !/^\* BYE\b/i.test(line)) {
      untagged.push(line);
      continue;
    }
    const [, found, status] = /^(\S+) (OK|NO|BAD)\b/i.exec(line) ?? [];
    const known = found === tag ? (status?.toUpperCase() as ImapReply['status']) : undefined;
    return { status: known, text: line, untagged };
  }
}

function* pop3(): Script {
  const greeting: string = yield '';
  if (!/^\+OK\b/i.test(greeting)) return protocolError(`greeting: ${quoted(greeting)}`);
  let line: string = yield 'CAPA\r\n';
  // A server without CAPA (RFC 2449) cannot announce STLS, and clients do not guess.
  if (/^-ERR\b/i.test(line)) return noTls(`CAPA: ${quoted(line)}`);
  if (!/^\+OK\b/i.test(line)) return protocolError(`CAPA: ${quoted(line)}`);
  const offered = new Set<string>();
  for (line = yield ''; line !== '.'; line = yield '') offered.add(words(line)[0] ?? '');
  if (!offered.has('STLS')) return noTls('STLS is not offered');
  const answer: string = yield 'STLS\r\n';
  if (/^\+OK\b/i.test(answer)) return START;
  if (/^-ERR\b/i.test(answer)) return tlsFailed(`STLS: ${quoted(answer)}`);
  return protocolError(`STLS: ${quoted(answer)}`);
}

const START: DialogueOutcome = { status: 'start-tls' };
const noTls = (detail: string): DialogueOutcome => ({ status: 'no-tls', detail });
const tlsFailed = (detail: string): DialogueOutcome => ({ status: 'tls-failed', detail });
const protocolError = (detail: string): DialogueOutcome => ({ status: 'protocol-error', detail });

const words = (text: string): string[] => text.toUpperCase().split(/\s+/);
const said = (reply: Reply | undefined): string =>
  reply === undefined ? 'no SMTP reply' : quoted(`${reply.code} ${reply.lines.at(-1) ?? ''}`);
/** Foreign text in a message: short, and nothing that moves a terminal's cursor. */
const quoted = (text: string): string => `"${text.slice(0, 120).replace(/[^\x20-\x7e]/g, '?')}"`;
