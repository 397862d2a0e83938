// A dialogue with a server, turn by turn. Strings have one character for each octet.
import { createDialogue, type PlainProtocol } from '../../src/probe/dialogue.ts';
import type { DialogueOutcome } from '../../src/probe/script.ts';

export interface Talk {
  readonly sent: string[];
  readonly outcome: DialogueOutcome | undefined;
}

/** What the server sends, turn by turn, in pieces of `size` bytes. */
export function talk(
  protocol: PlainProtocol,
  turns: readonly string[],
  size = 1000,
  xmppDomain = 'example.org',
): Talk {
  const dialogue = createDialogue(protocol, { clientName: 'probe.example.org', xmppDomain });
  const sent = dialogue.opening === '' ? [] : [dialogue.opening];
  for (const turn of turns) {
    for (let at = 0; at < turn.length; at += size) {
      const step = dialogue.receive(Buffer.from(turn.slice(at, at + size), 'latin1'));
      if (step.send !== '') sent.push(step.send);
      if (step.outcome !== undefined) return { sent, outcome: step.outcome };
    }
  }
  return { sent, outcome: undefined };
}

export const status = (protocol: PlainProtocol, ...turns: string[]): string | undefined =>
  talk(protocol, turns).outcome?.status;

const EHLO = '250-mx ESMTP\r\n250-PIPELINING\r\n250 STARTTLS\r\n';
const STREAM =
  "<?xml version='1.0'?><stream:stream from='example.org' id='1' version='1.0' " +
  "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
export const XMPP_TLS = "xmlns='urn:ietf:params:xml:ns:xmpp-tls'";
const FEATURES =
  `<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>` +
  `<mechanism>SCRAM-SHA-1</mechanism></mechanisms><starttls ${XMPP_TLS}><required/></starttls></stream:features>`;
const xmpp = [STREAM + FEATURES, `<proceed ${XMPP_TLS}/>`];

/** The good case of every protocol: what the server sends, turn by turn. */
export const GOOD: Readonly<Record<PlainProtocol, readonly string[]>> = {
  smtp: ['220 mx ESMTP\r\n', EHLO, '220 go\r\n'],
  submission: ['220-mx\r\n220 ESMTP\r\n', EHLO, '220 go\r\n'],
  lmtp: ['220 mx LMTP\r\n', EHLO, '220 go\r\n'],
  imap: ['* OK hi\r\n', '* CAPABILITY IMAP4rev1 STARTTLS\r\na OK\r\n', 'b OK begin\r\n'],
  pop3: ['+OK hi\r\n', '+OK\r\nUSER\r\nSTLS\r\n.\r\n', '+OK go\r\n'],
  sieve: [
    '"IMPLEMENTATION" "Dovecot Pigeonhole"\r\n"SASL" ""\r\n"STARTTLS"\r\nOK "ready"\r\n',
    'OK "Begin TLS"\r\n',
  ],
  'xmpp-client': xmpp,
  'xmpp-server': xmpp,
  ldap: ['\x30\x24\x02\x01\x01\x78\x1f\x0a\x01\x00\x04\x00\x04\x00\x8a\x161.3.6.1.4.1.1466.20037'],
  postgres: ['S'],
  ftp: ['220 ftp\r\n', '211-Features:\r\n AUTH TLS\r\n PBSZ\r\n211 End\r\n', '234 go\r\n'],
  nntp: ['200 news\r\n', '101 list\r\nVERSION 2\r\nREADER\r\nSTARTTLS\r\n.\r\n', '382 go\r\n'],
};
export const PROTOCOLS = Object.keys(GOOD) as PlainProtocol[];
