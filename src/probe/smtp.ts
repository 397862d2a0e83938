// SMTP and submission (RFC 3207), LMTP (RFC 2033).
import { said, smtpReply } from './replies.ts';
import { START, noTls, protocolError, tlsFailed, type Script } from './script.ts';

export const SMTP_FAREWELL = 'QUIT\r\n';

export function* smtp(hello: 'EHLO' | 'LHLO', clientName: string): Script {
  const greeting = yield* smtpReply('');
  if (greeting?.code !== 220) return protocolError(`greeting: ${said(greeting)}`);
  const features = yield* smtpReply(`${hello} ${clientName}\r\n`);
  // 500, 502, 504: it does not know the command, so it knows no extension either (RFC 5321 §3.2, §4.1.4).
  if (features !== undefined && [500, 502, 504].includes(features.code)) {
    return noTls(`${hello}: ${said(features)}`);
  }
  if (features?.code !== 250) return protocolError(`${hello}: ${said(features)}`);
  const offers = features.lines.slice(1).some((line) => /^STARTTLS(\s|$)/i.test(line));
  if (!offers) return noTls('STARTTLS is not offered');
  const answer = yield* smtpReply('STARTTLS\r\n');
  if (answer === undefined) return protocolError(`STARTTLS: ${said(answer)}`);
  return answer.code === 220 ? START : tlsFailed(`STARTTLS: ${said(answer)}`);
}
