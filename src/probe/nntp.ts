// NNTP (RFC 4642), with the capabilities of RFC 3977 §5.2.
import { nntpReply, said, untilDot, type Reply } from './replies.ts';
import {
  START,
  noTls,
  protocolError,
  tlsFailed,
  turnedAway,
  words,
  type DialogueOutcome,
  type Script,
} from './script.ts';

export const NNTP_FAREWELL = 'QUIT\r\n';

/** The server closes the connection, at any time (RFC 3977 §3.2.1). */
const GOES_AWAY = 400;

function refusal(to: string, reply: Reply | undefined): DialogueOutcome {
  const isRefusal = reply !== undefined && reply.code >= 400;
  return (isRefusal ? turnedAway : protocolError)(`${to}: ${said(reply)}`);
}

export function* nntp(): Script {
  const greeting = yield* nntpReply('');
  if (greeting?.code !== 200 && greeting?.code !== 201) return refusal('greeting', greeting);
  const capabilities = yield* nntpReply('CAPABILITIES\r\n');
  // A server older than RFC 3977 does not know the command; then it has no extension either.
  if (capabilities?.code === 500) return noTls(`CAPABILITIES: ${said(capabilities)}`);
  if (capabilities?.code !== 101) return refusal('CAPABILITIES', capabilities);
  const offered = yield* untilDot();
  if (!offered.some((text) => words(text)[0] === 'STARTTLS')) {
    return noTls('STARTTLS is not offered');
  }
  const answer = yield* nntpReply('STARTTLS\r\n');
  if (answer === undefined || answer.code === GOES_AWAY) return refusal('STARTTLS', answer);
  return answer.code === 382 ? START : tlsFailed(`STARTTLS: ${said(answer)}`);
}
