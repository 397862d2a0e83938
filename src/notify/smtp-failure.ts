// Why an SMTP server, or the connection to it, refused a message, and whether another try can help
// (RFC 5321 §4.2.1).
import { AppError, reasonOf } from '../base/errors.ts';
import { entryOf } from '../base/table.ts';
import { maskSecrets } from '../http/mask.ts';
import type { Delivery } from '../ports/notifier.ts';

export interface MailServer {
  readonly host: string;
  readonly port: number;
}

/** The properties that nodemailer adds to its errors. */
interface SmtpError {
  readonly code?: string | undefined;
  /** The errno of the system; `code` is a word of nodemailer. */
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
    'check whether this network allows port 25; many do not, but port 587 with a login ' + 'works',
  ],
  EHOSTUNREACH: ['the server cannot be reached', 'check the route to it'],
  ENETUNREACH: ['the server cannot be reached', 'check the network of this machine'],
  ECONNRESET: ['the server closed the connection', 'read the log of that mail server'],
  EMFILE: ['this process has too many files open', 'raise the limit of open files'],
};

/** The errno name of a failed connection; if several addresses failed, that of the first. */
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
    'check the network between this machine and the server',
  ];
  return new AppError('NOTIFY_FAILED', `e-mail to ${host}:${port}: ${what} (${errno})`, {
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
  if (isForNow(responseCode)) return 'the server asks to try again later; no setting is wrong';
  if (code === 'ETLS') {
    return 'the server does not offer STARTTLS, or its certificate is for another name: check tls and ca_file';
  }
  if (code === 'EENVELOPE')
    return 'check from and to, and whether the server accepts mail from this machine';
  if (code === 'ESOCKET') return 'check tls, and ca_file if the certificate is of a private CA';
  return 'read the log of that mail server';
}

const isForNow = (reply: number): boolean => reply >= 400 && reply <= 499;

/**
 * Refused permanently; 530 is about the login and not about the message: a configured login solves
 * it.
 */
function isForGood({ responseCode = 0 }: SmtpError): boolean {
  return responseCode >= 500 && responseCode <= 599 && responseCode !== LOGIN_WANTED;
}

export interface Transaction {
  readonly server: MailServer;
  /** Values that servers without AUTH may repeat. */
  readonly secrets: readonly string[];
}

function words(error: unknown, secrets: readonly string[]): string {
  const reply = (error as SmtpError).response;
  const said = maskSecrets(reply === undefined || reply === '' ? reasonOf(error) : reply, secrets);
  return said.replace(/[\s\u0000-\u001f]+/g, ' ').trim();
}

/** For a message, or a login, that was refused: an error that says what to do. */
export function smtpFailure(error: unknown, { server, secrets }: Transaction): AppError {
  if (error instanceof AppError) return error;
  const smtp = error as SmtpError;
  const { originalCode } = smtp;
  if (originalCode !== undefined && entryOf(WORDS, originalCode) !== undefined) {
    return failed(server, originalCode);
  }
  const message = `e-mail to ${server.host}:${server.port}: ${words(error, secrets)}`;
  return new AppError('NOTIFY_FAILED', message, {
    hint: hintOf(smtp),
    details: { cause: smtp.code ?? '', ...(smtp.responseCode && { reply: smtp.responseCode }) },
  });
}

/** The server's answers for single recipients (RCPT TO), without those that it accepted. */
export function verdictsOf(errors: readonly SmtpError[], { secrets }: Transaction): Delivery {
  const of = (some: readonly SmtpError[]): Delivery['later'] =>
    some.map((error) => ({ recipient: error.recipient ?? '', because: words(error, secrets) }));
  return {
    later: of(errors.filter((one) => !isForGood(one))),
    refused: of(errors.filter(isForGood)),
  };
}

/**
 * A transaction that failed as a whole: the result of each recipient, if the server refused them,
 * or the message itself, permanently. Undefined: an error that all recipients share, and the
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
