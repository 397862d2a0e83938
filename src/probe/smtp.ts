// SMTP and submission (RFC 3207), LMTP (RFC 2033).
import { said, smtpReply, type Reply } from './replies.ts';
import {
  START,
  noTls,
  protocolError,
  tlsFailed,
  turnedAway,
  type DialogueOutcome,
  type Part,
  type Script,
} from './script.ts';

export const SMTP_FAREWELL = 'QUIT\r\n';

/**
 * Closing the channel, at any time: shutting down, too busy, too many connections (RFC 5321 §3.8).
 */
const GOES_AWAY = 421;
/** It does not know the command (RFC 5321 §4.2.4), so it has no extension either. */
const UNKNOWN_COMMAND: readonly (number | undefined)[] = [500, 502];

export function* smtp(hello: 'EHLO' | 'LHLO', clientName: string): Script {
  const greeting = yield* smtpReply('');
  if (greeting?.code !== 220) return refusal('greeting', greeting);
  const features = yield* smtpReply(`${hello} ${clientName}\r\n`);
  if (features?.code !== 250) return yield* withoutExtensions(hello, clientName, features);
  const offers = features.lines.slice(1).some((line) => /^STARTTLS(\s|$)/i.test(line));
  if (!offers) return noTls('STARTTLS is not offered');
  const answer = yield* smtpReply('STARTTLS\r\n');
  if (answer?.code === 220) return START;
  if (answer === undefined || answer.code === GOES_AWAY) return refusal('STARTTLS', answer);
  return tlsFailed(`STARTTLS: ${said(answer)}`);
}

/**
 * A server may be from before extensions (RFC 5321 §3.2), or it may dislike the client or its name:
 * then its TLS is not known.
 */
function* withoutExtensions(
  hello: string,
  clientName: string,
  features: Reply | undefined,
): Part<DialogueOutcome> {
  if (!UNKNOWN_COMMAND.includes(features?.code)) return refusal(`${hello} ${clientName}`, features);
  if (hello === 'EHLO') {
    const old = yield* smtpReply(`HELO ${clientName}\r\n`);
    if (old?.code !== 250) return refusal(`HELO ${clientName}`, old);
  }
  return noTls(`${hello}: ${said(features)}`);
}

function refusal(to: string, reply: Reply | undefined): DialogueOutcome {
  const isRefusal = reply !== undefined && reply.code >= 400;
  return (isRefusal ? turnedAway : protocolError)(`${to}: ${said(reply)}`);
}
