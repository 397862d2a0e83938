// ManageSieve (RFC 5804 §2.2).
import {
  START,
  line,
  noTls,
  octets,
  protocolError,
  quoted,
  tlsFailed,
  turnedAway,
  type Part,
  type Script,
} from './script.ts';

export const SIEVE_FAREWELL = 'LOGOUT\r\n';

export function* sieve(): Script {
  // The capabilities are the greeting (RFC 5804 §1.7).
  const greeting = yield* response('');
  // NO at once is what Pigeonhole says without a free process, BYE what the protocol wants (RFC
  // 5804 §1.2).
  if (greeting.status === 'BYE' || greeting.status === 'NO') {
    return turnedAway(`greeting: ${quoted(greeting.text)}`);
  }
  if (greeting.status !== 'OK') return protocolError(`greeting: ${quoted(greeting.text)}`);
  if (!greeting.before.some((text) => /^"STARTTLS"(\s|$)/i.test(text))) {
    return noTls('STARTTLS is not offered');
  }
  const answer = yield* response('STARTTLS\r\n');
  if (answer.status === 'OK' && answer.before.length === 0) return START;
  if (answer.status === 'BYE') return turnedAway(`STARTTLS: ${quoted(answer.text)}`);
  const refuse = answer.status === 'NO' ? tlsFailed : protocolError;
  return refuse(`STARTTLS: ${quoted(answer.text)}`);
}

interface Response {
  /** Undefined: a line that is neither data nor a response. */
  readonly status: 'OK' | 'NO' | 'BYE' | undefined;
  readonly text: string;
  readonly before: readonly string[];
}

function* response(send: string): Part<Response> {
  const before: string[] = [];
  for (let wish = send; ; wish = '') {
    const text = yield* logicalLine(wish);
    const status = /^(OK|NO|BYE)(?= |$)/i.exec(text)?.[1]?.toUpperCase() as Response['status'];
    if (status !== undefined || !text.startsWith('"')) return { status, text, before };
    before.push(text);
  }
}

/**
 * A string may be written as `{5}`, a line end and five octets (RFC 5804 §4); then the line
 * continues. It is read like a quoted string.
 */
function* logicalLine(send: string): Part<string> {
  let text: string = yield line(send);
  for (;;) {
    const literal = /\{(\d{1,10})\+?\}$/.exec(text);
    if (literal === null) return text;
    const content: string = yield octets(Number(literal[1]));
    const rest: string = yield line();
    text = `${text.slice(0, literal.index)}"${content}"${rest}`;
  }
}
