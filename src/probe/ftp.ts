// FTP (RFC 4217 §4).
import { ftpReply, said, type Reply } from './replies.ts';
import {
  START,
  noTls,
  protocolError,
  tlsFailed,
  turnedAway,
  type DialogueOutcome,
  type Script,
} from './script.ts';

export const FTP_FAREWELL = 'QUIT\r\n';

/**
 * "Service not available, closing control connection", at any time (RFC 959 §4.2.1): too many
 * users, for one.
 */
const GOES_AWAY = 421;

function refusal(to: string, reply: Reply | undefined): DialogueOutcome {
  const isRefusal = reply !== undefined && reply.code >= 400;
  return (isRefusal ? turnedAway : protocolError)(`${to}: ${said(reply)}`);
}

export function* ftp(): Script {
  let greeting = yield* ftpReply('');
  // "Ready in so many minutes", and 220 follows when it is (RFC 959 §5.4).
  if (greeting?.code === 120) greeting = yield* ftpReply('');
  if (greeting?.code !== 220) return refusal('greeting', greeting);
  const features = yield* ftpReply('FEAT\r\n');
  if (features === undefined || features.code < 200 || features.code === GOES_AWAY) {
    return refusal('FEAT', features);
  }
  if (features.code !== 211) return yield* askUnannounced();
  if (!features.lines.some(offersTls)) return noTls('AUTH TLS is not offered');
  const answer = yield* ftpReply('AUTH TLS\r\n');
  if (answer === undefined || answer.code === GOES_AWAY) return refusal('AUTH TLS', answer);
  return answer.code === 234 ? START : tlsFailed(`AUTH TLS: ${said(answer)}`);
}

/**
 * A feature line begins with a space; servers write `AUTH TLS`, `AUTH SSL;TLS` or `AUTH TLS;TLS-C`
 * (RFC 4217 §6).
 */
function offersTls(feature: string): boolean {
  const [, mechanisms = ''] = /^ +AUTH +(.*)$/i.exec(feature) ?? [];
  return mechanisms
    .toUpperCase()
    .split(/[ ;,]+/)
    .includes('TLS');
}

/**
 * A server without FEAT (RFC 2389) may know AUTH all the same; what it says to the command is the
 * announcement.
 */
function* askUnannounced(): Script {
  const answer = yield* ftpReply('AUTH TLS\r\n');
  if (answer === undefined || answer.code === GOES_AWAY) return refusal('AUTH TLS', answer);
  if (answer.code === 234) return START;
  // 500, 502, 504: it does not know the command or the mechanism; 530: not before the login.
  const unknown = [500, 502, 504, 530].includes(answer.code);
  return (unknown ? noTls : tlsFailed)(`AUTH TLS: ${said(answer)}`);
}
