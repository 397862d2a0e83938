// How a plain connection is brought to the point where TLS may begin. No socket: bytes go in, bytes
// to send and an outcome come out. The commands of a protocol are in its file.
import { defined } from '../base/defined.ts';
import type { Protocol } from '../ports/probe.ts';
import { FTP_FAREWELL, ftp } from './ftp.ts';
import { IMAP_FAREWELL, imap } from './imap.ts';
import { LDAP_FAREWELL, ldap } from './ldap.ts';
import { NNTP_FAREWELL, nntp } from './nntp.ts';
import { POP3_FAREWELL, pop3 } from './pop3.ts';
import { postgres } from './postgres.ts';
import { createReader } from './reader.ts';
import { DialogueError, protocolError, type DialogueOutcome, type Script } from './script.ts';
import { SIEVE_FAREWELL, sieve } from './sieve.ts';
import { SMTP_FAREWELL, smtp } from './smtp.ts';
import { XMPP_FAREWELL, xmpp } from './xmpp.ts';

export type PlainProtocol = Exclude<Protocol, DirectProtocol>;
type DirectProtocol =
  | 'tls'
  | 'smtps'
  | 'imaps'
  | 'pop3s'
  | 'ldaps'
  | 'ftps'
  | 'nntps'
  | 'xmpps-client'
  | 'xmpps-server';

/** Whom the dialogue names. */
export interface Parties {
  /** What SMTP and LMTP are told in EHLO. */
  readonly clientName: string;
  /** Whom an XMPP stream is addressed to. */
  readonly xmppDomain: string;
}

export interface DialogueStep {
  /** To send now, one character for each octet; may be empty. */
  readonly send: string;
  readonly outcome?: DialogueOutcome;
}

export interface Dialogue {
  /** To send at once, where the client speaks first. */
  readonly opening: string;
  /** Not to be called again after an outcome. */
  receive(bytes: Uint8Array): DialogueStep;
}

interface Speech {
  script(parties: Parties): Script;
  readonly farewell: Farewell;
}

/**
 * The polite end: a server that sees the connection just vanish writes a complaint into its log.
 */
export interface Farewell {
  /** Before TLS and within; '' where the end of TLS is all that is due. */
  readonly plain: string;
  readonly secured: string;
  /** The server speaks first, within TLS: a client that interrupts it would be logged. */
  readonly afterGreeting?: true;
}

const same = (words: string): Farewell => ({ plain: words, secured: words });
const greeted = (words: string): Farewell => ({ plain: '', secured: words, afterGreeting: true });
const SILENT: Farewell = same('');

const DIRECT_FAREWELLS: Readonly<Record<DirectProtocol, Farewell>> = {
  tls: SILENT,
  smtps: greeted(SMTP_FAREWELL),
  imaps: greeted(IMAP_FAREWELL),
  pop3s: greeted(POP3_FAREWELL),
  ldaps: same(LDAP_FAREWELL),
  ftps: greeted(FTP_FAREWELL),
  nntps: greeted(NNTP_FAREWELL),
  'xmpps-client': SILENT,
  'xmpps-server': SILENT,
};

const SPEECHES: Readonly<Record<PlainProtocol, Speech>> = {
  smtp: { script: ({ clientName }) => smtp('EHLO', clientName), farewell: same(SMTP_FAREWELL) },
  submission: {
    script: ({ clientName }) => smtp('EHLO', clientName),
    farewell: same(SMTP_FAREWELL),
  },
  lmtp: { script: ({ clientName }) => smtp('LHLO', clientName), farewell: same(SMTP_FAREWELL) },
  imap: { script: imap, farewell: same(IMAP_FAREWELL) },
  pop3: { script: pop3, farewell: same(POP3_FAREWELL) },
  sieve: { script: sieve, farewell: same(SIEVE_FAREWELL) },
  'xmpp-client': {
    script: ({ xmppDomain }) => xmpp('client', xmppDomain),
    farewell: XMPP_FAREWELL,
  },
  'xmpp-server': {
    script: ({ xmppDomain }) => xmpp('server', xmppDomain),
    farewell: XMPP_FAREWELL,
  },
  ldap: { script: ldap, farewell: same(LDAP_FAREWELL) },
  // A Terminate message would be taken for a start-up packet of a strange length; a client that
  // just leaves is not mentioned.
  postgres: { script: postgres, farewell: SILENT },
  ftp: { script: ftp, farewell: same(FTP_FAREWELL) },
  nntp: { script: nntp, farewell: same(NNTP_FAREWELL) },
};

export function isPlain(protocol: Protocol): protocol is PlainProtocol {
  return Object.hasOwn(SPEECHES, protocol);
}

export function farewell(protocol: Protocol): Farewell {
  return isPlain(protocol) ? SPEECHES[protocol].farewell : DIRECT_FAREWELLS[protocol];
}

export function createDialogue(protocol: PlainProtocol, parties: Parties): Dialogue {
  const reader = createReader();
  const script = SPEECHES[protocol].script(parties);
  const first = script.next();
  if (first.done === true) throw new Error(`the script of ${protocol} asks nothing`);
  let wish = first.value;

  const advance = (sent: string[]): DialogueOutcome | undefined => {
    for (;;) {
      const piece = reader.take(wish.read);
      if (piece === undefined) return undefined;
      const step = script.next(piece);
      if (step.done === true) return checked(step.value, reader.pending());
      wish = step.value;
      sent.push(wish.send);
    }
  };

  return {
    opening: wish.send,
    receive: (bytes) => {
      reader.push(bytes);
      const sent: string[] = [];
      try {
        const outcome = advance(sent);
        return { send: sent.join(''), ...defined({ outcome }) };
      } catch (error) {
        if (!(error instanceof DialogueError)) throw error;
        return { send: sent.join(''), outcome: protocolError(error.message) };
      }
    },
  };
}

/**
 * Data after the answer to STARTTLS was sent unencrypted, by the server or by an attacker on the
 * path; inside the encrypted session it would count as sent by the server (CVE-2011-0411;
 * CVE-2021-23222 for PostgreSQL).
 */
function checked(outcome: DialogueOutcome, pending: number): DialogueOutcome {
  if (outcome.status !== 'start-tls' || pending === 0) return outcome;
  return protocolError('data in the clear after the answer to STARTTLS (CVE-2011-0411)');
}
