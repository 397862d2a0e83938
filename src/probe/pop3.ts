// POP3 (RFC 2595 §4).
import { untilDot } from './replies.ts';
import {
  START,
  line,
  noTls,
  protocolError,
  quoted,
  tlsFailed,
  words,
  type Script,
} from './script.ts';

export const POP3_FAREWELL = 'QUIT\r\n';

export function* pop3(): Script {
  const greeting: string = yield line();
  if (!/^\+OK\b/i.test(greeting)) return protocolError(`greeting: ${quoted(greeting)}`);
  const capabilities: string = yield line('CAPA\r\n');
  // A server without CAPA (RFC 2449) cannot announce STLS, and clients do not guess.
  if (/^-ERR\b/i.test(capabilities)) return noTls(`CAPA: ${quoted(capabilities)}`);
  if (!/^\+OK\b/i.test(capabilities)) return protocolError(`CAPA: ${quoted(capabilities)}`);
  const offered = yield* untilDot();
  if (!offered.some((text) => words(text)[0] === 'STLS')) return noTls('STLS is not offered');
  const answer: string = yield line('STLS\r\n');
  if (/^\+OK\b/i.test(answer)) return START;
  if (/^-ERR\b/i.test(answer)) return tlsFailed(`STLS: ${quoted(answer)}`);
  return protocolError(`STLS: ${quoted(answer)}`);
}
