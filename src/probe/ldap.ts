// LDAP: the StartTLS operation (RFC 4511 §4.14).
import { elementsOf, readElement, smallNumber, type Element } from './ber.ts';
import {
  DialogueError,
  START,
  noTls,
  protocolError,
  quoted,
  tlsFailed,
  turnedAway,
  type Script,
} from './script.ts';

const START_TLS = '1.3.6.1.4.1.1466.20037';
/** LDAPMessage { messageID 1, [APPLICATION 23] { requestName [0] } } */
const REQUEST = `\x30\x1d\x02\x01\x01\x77\x18\x80\x16${START_TLS}`;
/** LDAPMessage { messageID 2, UnbindRequest } (RFC 4511 §4.3) */
export const LDAP_FAREWELL = '\x30\x05\x02\x01\x02\x42\x00';

const TAG = {
  integer: 0x02,
  octetString: 0x04,
  enumerated: 0x0a,
  sequence: 0x30,
  extendedResponse: 0x78,
  responseName: 0x8a,
};
/**
 * Of a message that answers nothing, but says that the server is about to hang up (RFC 4511 §4.4).
 */
const UNSOLICITED = 0;
const PROTOCOL_ERROR = 2;
/** RFC 4511 App. A.2. That it is `unavailable` is said of TLS (§4.14.2). */
const BUSY = 51;

interface Result {
  readonly messageId: number;
  readonly code: number;
  readonly text: string;
  readonly name: string | undefined;
}

export function* ldap(): Script {
  const result = extendedResult(yield* readElement(TAG.sequence, REQUEST));
  const said = `result ${result.code} ${quoted(result.text)}`;
  if (result.messageId === UNSOLICITED) {
    const answer = result.code === PROTOCOL_ERROR ? protocolError : turnedAway;
    return answer(`notice of disconnection: ${said}`);
  }
  if (result.messageId !== 1 || (result.name ?? START_TLS) !== START_TLS) {
    return protocolError('an answer to what was not asked');
  }
  if (result.code === 0) return START;
  if (result.code === BUSY) return turnedAway(`StartTLS: ${said}`);
  // What a server says that has no TLS, by design or by configuration (RFC 4511 §4.14.1).
  return (result.code === PROTOCOL_ERROR ? noTls : tlsFailed)(`StartTLS: ${said}`);
}

/** @throws DialogueError when it is anything but an ExtendedResponse */
function extendedResult(message: Element): Result {
  const [id, operation] = elementsOf(message.content);
  const messageId = id?.tag === TAG.integer ? smallNumber(id) : undefined;
  if (messageId === undefined || operation === undefined) throw notLdap();
  if (operation.tag !== TAG.extendedResponse) throw notLdap();
  const [code, matched, text, ...others] = elementsOf(operation.content);
  const number = code?.tag === TAG.enumerated ? smallNumber(code) : undefined;
  const isResult = matched?.tag === TAG.octetString && text?.tag === TAG.octetString;
  if (number === undefined || !isResult) throw notLdap();
  const name = others.find(({ tag }) => tag === TAG.responseName)?.content;
  return { messageId, code: number, text: text.content, name };
}

const notLdap = (): DialogueError => new DialogueError('no LDAP ExtendedResponse');
