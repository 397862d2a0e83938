// FTP (RFC 4217 §4).
import { ftpReply, said } from './replies.ts';
import { START, noTls, protocolError, tlsFailed, type Script } from './script.ts';

export const FTP_FAREWELL = 'QUIT\r\n';

export function* ftp(): Script {
  let greeting = yield* ftpReply('');
  // "Ready in so many minutes", and 220 follows when it is (RFC 959 §5.4).
  if (greeting?.code === 120) greeting = yield* ftpReply('');
  if (greeting?.code !== 220) return protocolError(`greeting: ${said(greeting)}`);
  const features = yield* ftpReply('FEAT\r\n');
  if (features === undefined || features.code < 200) {
    return protocolError(`FEAT: ${said(features)}`);
  }
  if (features.code !== 211) return yield* askUnannounced();
  if (!features.lines.some(offersTls)) return noTls('AUTH TLS is not offered');
  const answer = yield* ftpReply('AUTH TLS\r\n');
  if (answer === undefined) return protocolError(`AUTH TLS: ${said(answer)}`);
  return answer.code === 234 ? START : tlsFailed(`AUTH TLS: ${said(answer)}`);
}

/** A feature line begins with a space; servers write `AUTH TLS`, `AUTH SSL;TLS` or `AUTH TLS;TLS-C` (RFC 4217 §6). */
function offersTls(feature: string): boolean {
  const [, mechanisms = ''] = /^ +AUTH +(.*)$/i.exec(feature) ?? [];
  return mechanisms
    .toUpperCase()
    .split(/[ ;,]+/)
    .includes('TLS');
}

/** A server without FEAT (RFC 2389) may know AUTH all the same; what it says to the command is the announcement. */
function* askUnannounced(): Script {
  const answer = yield* ftpReply('AUTH TLS\r\n');
  if (answer === undefined) return protocolError(`AUTH TLS: ${said(answer)}`);
  if (answer.code === 234) return START;
  // 500, 502, 504: it does not know the command or the mechanism; 530: not before the login.
  const unknown = [500, 502, 504, 530].includes(answer.code);
  return (unknown ? noTls : tlsFailed)(`AUTH TLS: ${said(answer)}`);
}
