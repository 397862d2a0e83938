// What an SMTP server, or the way to it, said no to; and what of it time can change (RFC 5321
// §4.2.1).
import { AppError, reasonOf } from '../base/errors.ts';
import { entryOf } from '../base/table.ts';
import { maskSecrets } from '../http/mask.ts';
import type { Delivery } from '../ports/notifier.ts';

export interface MailServer {
  readonly host: string;
  readonly port: number;
}

/** What nodemailer hangs on its errors. */
interface SmtpError {
  readonly code?: string | undefined;
  /** Of the system, where `code` is a word of nodemailer's. */
  readonly originalCode?: string | undefined;
  readonly command?: string | undefined;
  readonly response?: string | undefined;
  readonly responseCode?: number | undefined;
  readonly recipient?: string | undefined;
  readonly rejectedErrors?: readonly SmtpError[] | undefined;
}

const WORDS: Readonly<Record<string, readonly [what: string, hint: string]>> = {
  ECONNREFUSED: [
    'no mail server listens there',
    'check host and port of smtp: 25, 587 with tls = "starttls", or 465 with tls = "tls"',
  ],
  ENOTFOUND: ['the name of the server has no address', 'check the host of smtp'],
  EAI_AGAIN: [
    'the name of the server cannot be looked up now',
    'check the resolver of this machine',
  ],
  ETIMEDOUT: [
    'no answer to the connection',
    'check whether this network lets port 25 out; many do not, and port 587 with a login works',
  ],
  EHOSTUNREACH: ['the server cannot be reached', 'check the route to it'],
  ENETUNREACH: ['the server cannot be reached', 'check the network of this machine'],
  ECONNRESET: ['the server broke the connection off', 'look at the log of that mail server'],
  EMFILE: ['this process has too many files open', 'raise the limit of open files'],
};

/** The errno name of what a connection failed with; of several addresses that of the first. */
export function errorCodeOf(error: unknown): string {
  const of = (one: unknown): unknown =>
    typeof one === 'object' && one !== null && 'code' in one ? one.code : undefined;
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
  const code = of(first) ?? of(error);
  return typeof code === 'string' ? code : 'unknown error';
}

export function failed({ host, port }: MailServer, errno: string): AppError {
  const [what, hint] = entryOf(WORDS, errno) ?? [
    errno,
    'look at the network between here and the server',
  ];
  return new AppError('NOTIFY_FAILED', `e-mail by way of ${host}:${port}: ${what} (${errno})`, {
    hint,
    details: { cause: errno },
  });
}

const LOGIN_WANTED = 530;
const LOGIN_REFUSED = [534, 535, 538];

function hintOf({ code = '', responseCode = 0 }: SmtpError): string {
  if (responseCode === LOGIN_WANTED) {
    return 'the server wants a login, or TLS before it: set username and password, and tls';
  }
  if (LOGIN_REFUSED.includes(responseCode)) return 'check username and password';
  if (code === 'EAUTH') return 'check username and password, and whether the server offers AUTH';
  if (isForNow(responseCode)) return 'the server asks to come back later; no setting is wrong';
  if (code === 'ETLS') {
    return 'the server does not offer STARTTLS, or its certificate is for another name: check tls and ca_file';
  }
  if (code === 'EENVELOPE') return 'check from and to, and whether the server takes mail from here';
  if (code === 'ESOCKET') return 'check tls, and ca_file if the certificate is of a private CA';
  return 'look at the log of that mail server';
}

const isForNow = (reply: number): boolean => reply >= 400 && reply <= 499;

/**
 * Refused for good; 530 is about us and not about the message: a login that is configured ends it.
 */
function isForGood({ responseCode = 0 }: SmtpError): boolean {
  return responseCode >= 500 && responseCode <= 599 && responseCode !== LOGIN_WANTED;
}

export interface Transaction {
  readonly server: MailServer;
  /** What servers that do not know AUTH may repeat. */
  readonly secrets: readonly string[];
}

function words(error: unknown, secrets: readonly string[]): string {
  const reply = (error as SmtpError).response;
  const said = maskSecrets(reply === undefined || reply === '' ? reasonOf(error) : reply, secrets);
  return said.replace(/[\s\u0000-\u001f]+/g, ' ').trim();
}

/** Of a message, or a login, that was not taken: as an error, with what can be done about it. */
export function smtpFailure(error: unknown, { server, secrets }: Transaction): AppError {
  if (error instanceof AppError) return error;
  const smtp = error as SmtpError;
  const { originalCode } = smtp;
  if (originalCode !== undefined && entryOf(WORDS, originalCode) !== undefined) {
    return failed(server, originalCode);
  }
  const message = `e-mail by way of ${server.host}:${server.port}: ${words(error, secrets)}`;
  return new AppError('NOTIFY_FAILED', message, {
    hint: hintOf(smtp),
    details: { cause: smtp.code ?? '', ...(smtp.responseCode && { reply: smtp.responseCode }) },
  });
}

/** What the server said of single recipients (RCPT TO), those that it took left out. */
export function verdictsOf(errors: readonly SmtpError[], { secrets }: Transaction): Delivery {
  const of = (some: readonly SmtpError[]): Delivery['later'] =>
    some.map((error) => ({ recipient: error.recipient ?? '', because: words(error, secrets) }));
  return {
    later: of(errors.filter((one) => !isForGood(one))),
    refused: of(errors.filter(isForGood)),
  };
}

/**
 * A transaction that failed as a whole: what became of each recipient, when the server refused
 * them, or the message itself, for good. Undefined: it is an error that all of them share, and the
 * message is to be offered again.
 */
export function verdictsOfFailure(
  error: unknown,
  to: readonly string[],
  transaction: Transaction,
): Delivery | undefined {
  const smtp = error as SmtpError;
  const rejected = smtp.rejectedErrors ?? [];
  const known = verdictsOf(rejected, transaction);
  if (rejected.length === to.length) return known.refused.length > 0 ? known : undefined;
  if (!['EENVELOPE', 'EMESSAGE'].includes(smtp.code ?? '') || !isForGood(smtp)) return undefined;
  const because = words(error, transaction.secrets);
  const others = to.filter((one) => !rejected.some(({ recipient }) => recipient === one));
  return {
    later: known.later,
    refused: [...known.refused, ...others.map((recipient) => ({ recipient, because }))],
  };
}
