// The notifier `email`: one message over one SMTP connection, which is closed whatever happens.
import { isIP } from 'node:net';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { AppError, reasonOf } from '../base/errors.ts';
import { entryOf } from '../base/table.ts';
import { maskSecrets } from '../http/mask.ts';
import type { Call } from '../ports/call.ts';
import type { Delivery, Notifier } from '../ports/notifier.ts';
import { addressOf, messageOf } from './message.ts';

export interface EmailOptions {
  readonly label: string;
  readonly host: string;
  readonly port: number;
  /** starttls: without it nothing is sent. tls: from the first octet. */
  readonly tls: 'none' | 'starttls' | 'tls';
  /** PEM: trusted instead of the public CAs. */
  readonly caPem?: () => Promise<string>;
  readonly from: string;
  readonly to: readonly string[];
  /** Read anew for each message. */
  readonly login?: { readonly user: string; readonly password: () => Promise<string> };
  /** How this machine calls itself in EHLO. */
  readonly clientName: string;
}

/** Of the whole delivery; a greylisting server answers at once, one that delays its greeting takes no minute. */
const TIMEOUT_MS = 60_000;

const GOODBYE_MS = 500;

export function createEmail(options: EmailOptions): Notifier {
  return {
    label: options.label,
    deliver: async (notice, call) => {
      const message = await messageOf(notice, options.from, options.to);
      const password = await options.login?.password();
      const ca = await options.caPem?.();
      return send(message, options, { password, ca }, call);
    },
  };
}

interface Read {
  readonly password: string | undefined;
  readonly ca: string | undefined;
}

async function send(
  message: Buffer,
  options: EmailOptions,
  { password, ca }: Read,
  { signal }: Call,
): Promise<Delivery> {
  const { host, port, tls, from, to, login, clientName } = options;
  const connection = new SMTPConnection({
    ...{ host, port, name: clientName },
    secure: tls === 'tls',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    tls: {
      minVersion: 'TLSv1.2',
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(ca === undefined ? {} : { ca }),
    },
    socketTimeout: TIMEOUT_MS,
    // Nobody waits for the server's half of a goodbye.
    socketCloseTimeout: 0,
  });
  const ended = endOf(connection, signal);
  try {
    await ended.or((done) => connection.connect(done));
    if (login !== undefined && password !== undefined) {
      await ended.or((done) => connection.login({ user: login.user, pass: password }, done));
    }
    const envelope = { from: addressOf(from), to: to.map(addressOf) };
    const sent = await ended.or<{ readonly rejected: readonly string[] }>((done) =>
      connection.send(envelope, message, done),
    );
    await goodbye(connection);
    const rejected = sent?.rejected ?? [];
    return rejected.length === 0 ? {} : { note: `refused: ${rejected.join(', ')}` };
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw failure(error, options, password);
  } finally {
    ended.clear();
    connection.close();
  }
}

/** The message is delivered; a server that does not answer any more changes nothing about it. */
function goodbye(connection: SMTPConnection): Promise<void> {
  return new Promise((resolve) => {
    const enough = setTimeout(resolve, GOODBYE_MS);
    connection.once('end', () => {
      clearTimeout(enough);
      resolve();
    });
    connection.quit();
  });
}

type Done<T> = (error?: Error | null, result?: T) => void;

/** What ends a delivery besides its own course: an error of the connection, the deadline, the caller. */
function endOf(connection: SMTPConnection, signal: AbortSignal | undefined) {
  let end: (error: Error) => void = () => undefined;
  const ended = new Promise<never>((_, reject) => (end = reject));
  ended.catch(() => undefined);
  const late = setTimeout(
    () => end(new Error(`not done after ${TIMEOUT_MS / 1000} s`)),
    TIMEOUT_MS,
  );
  const onAbort = (): void => end(new AppError('INTERRUPTED', 'the e-mail was interrupted'));
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  connection.on('error', end);
  return {
    or: <T = unknown>(act: (done: Done<T>) => void): Promise<T | undefined> =>
      Promise.race([
        ended,
        new Promise<T | undefined>((resolve, reject) =>
          act((error, result) => (error ? reject(error) : resolve(result))),
        ),
      ]),
    clear: (): void => {
      clearTimeout(late);
      signal?.removeEventListener('abort', onAbort);
    },
  };
}

const HINTS: Readonly<Record<string, string>> = {
  EAUTH: 'check username and password',
  ETLS: 'check tls and ca_file: the name that is configured has to be in the certificate of the server',
  ESOCKET: 'check that the server listens there, and with tls that its certificate can be verified',
  EDNS: 'check the name of the server',
  EENVELOPE: 'check from and to, and whether the server takes mail from here',
};

function failure(error: unknown, options: EmailOptions, password: string | undefined): AppError {
  // Servers that do not know AUTH may repeat what they were sent: PLAIN is one word of all three (RFC 4616 §2).
  const secrets =
    password === undefined ? [] : [password, `\0${options.login?.user ?? ''}\0${password}`];
  const reason = maskSecrets(reasonOf(error), secrets).replace(/[\s\u0000-\u001f]+/g, ' ');
  const { code = '' } = error as { readonly code?: string };
  const { host, port } = options;
  return new AppError('NOTIFY_FAILED', `e-mail by way of ${host}:${port}: ${reason}`, {
    hint: entryOf(HINTS, code) ?? 'look at the log of that mail server',
    details: { cause: code },
  });
}
