// POP3 (RFC 2595 §4).
import { untilDot } from './replies.ts';
import {
  START,
  line,
  noTls,
  protocolError,
  quoted,
  tlsFailed,
  turnedAway,
  words,
  type Script,
} from './script.ts';

export const POP3_FAREWELL = 'QUIT\r\n';

/** RFC 3206 §4, RFC 2449 §8.1.1: nothing that the client did or asked for is the cause. */
const TEMPORARY = /^-ERR \[(SYS\/TEMP|IN-USE|LOGIN-DELAY)\]/i;

export function* pop3(): Script {
  const greeting: string = yield line();
  if (/^-ERR\b/i.test(greeting)) return turnedAway(`greeting: ${quoted(greeting)}`);
  if (!/^\+OK\b/i.test(greeting)) return protocolError(`greeting: ${quoted(greeting)}`);
  const capabilities: string = yield line('CAPA\r\n');
  if (TEMPORARY.test(capabilities)) return turnedAway(`CAPA: ${quoted(capabilities)}`);
  // A server without CAPA (RFC 2449) cannot announce STLS, and clients do not guess.
  if (/^-ERR\b/i.test(capabilities)) return noTls(`CAPA: ${quoted(capabilities)}`);
  if (!/^\+OK\b/i.test(capabilities)) return protocolError(`CAPA: ${quoted(capabilities)}`);
  const offered = yield* untilDot();
  if (!offered.some((text) => words(text)[0] === 'STLS')) return noTls('STLS is not offered');
  const answer: string = yield line('STLS\r\n');
  if (/^\+OK\b/i.test(answer)) return START;
  if (TEMPORARY.test(answer)) return turnedAway(`STLS: ${quoted(answer)}`);
  if (/^-ERR\b/i.test(answer)) return tlsFailed(`STLS: ${quoted(answer)}`);
  return protocolError(`STLS: ${quoted(answer)}`);
}
