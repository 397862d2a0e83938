// NNTP (RFC 4642), with the capabilities of RFC 3977 §5.2.
import { nntpReply, said, untilDot } from './replies.ts';
import { START, noTls, protocolError, tlsFailed, words, type Script } from './script.ts';

export const NNTP_FAREWELL = 'QUIT\r\n';

export function* nntp(): Script {
  const greeting = yield* nntpReply('');
  if (greeting?.code !== 200 && greeting?.code !== 201) {
    return protocolError(`greeting: ${said(greeting)}`);
  }
  const capabilities = yield* nntpReply('CAPABILITIES\r\n');
  // A server older than RFC 3977 does not know the command; then it has no extension either.
  if (capabilities?.code === 500) return noTls(`CAPABILITIES: ${said(capabilities)}`);
  if (capabilities?.code !== 101) return protocolError(`CAPABILITIES: ${said(capabilities)}`);
  const offered = yield* untilDot();
  if (!offered.some((text) => words(text)[0] === 'STARTTLS')) {
    return noTls('STARTTLS is not offered');
  }
  const answer = yield* nntpReply('STARTTLS\r\n');
  if (answer === undefined) return protocolError(`STARTTLS: ${said(answer)}`);
  return answer.code === 382 ? START : tlsFailed(`STARTTLS: ${said(answer)}`);
}
