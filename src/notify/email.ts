// The notifier `email`: one message over one SMTP connection, which is closed in every case.
import { isIP } from 'node:net';
import type { Socket } from 'node:net';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { defined } from '../base/defined.ts';
import { AppError } from '../base/errors.ts';
import type { Call } from '../ports/call.ts';
import type { Delivery, Notifier } from '../ports/notifier.ts';
import { connectTo } from './mail-server.ts';
import { addressOf, messageOf } from './message.ts';
import { smtpFailure, verdictsOf, verdictsOfFailure } from './smtp-failure.ts';

export interface EmailOptions {
  readonly label: string;
  readonly host: string;
  readonly port: number;
  /** starttls: nothing is sent without it. tls: from the first octet. */
  readonly tls: 'none' | 'starttls' | 'tls';
  /** PEM: trusted instead of the public CAs. */
  readonly caPem?: () => Promise<string>;
  readonly from: string;
  readonly to: readonly string[];
  /** Read again for each message. */
  readonly login?: { readonly user: string; readonly password: () => Promise<string> };
  /** The name of this machine in EHLO. */
  readonly clientName: string;
}

/**
 * For the whole delivery; a greylisting server answers at once, and a delayed greeting takes less
 * than a minute.
 */
const TIMEOUT_MS = 60_000;

const GOODBYE_MS = 500;

export function createEmail(options: EmailOptions): Notifier {
  const recipients = options.to.map(addressOf);
  return {
    ...{ label: options.label, recipients },
    deliver: async (notice, call, to = recipients) => {
      const message = await messageOf(notice, options.from, options.to);
      const password = await options.login?.password();
      const ca = await options.caPem?.();
      return send({ message, to }, options, { password, ca }, call);
    },
  };
}

interface Read {
  readonly password: string | undefined;
  readonly ca: string | undefined;
}

interface Letter {
  readonly message: Buffer;
  readonly to: readonly string[];
}

/**
 * PLAIN is one word of all three (RFC 4616 §2), and servers without AUTH may repeat it in an error.
 */
function secretsOf(password: string | undefined, user: string | undefined): readonly string[] {
  return password === undefined ? [] : [password, `\0${user ?? ''}\0${password}`];
}

async function send(
  { message, to }: Letter,
  options: EmailOptions,
  { password, ca }: Read,
  { signal }: Call,
): Promise<Delivery> {
  const { host, port, from, login } = options;
  const transaction = {
    server: { host, port },
    secrets: secretsOf(password, login?.user),
  };
  const ended = endOf(signal);
  let connection: SMTPConnection | undefined;
  try {
    // The socket is opened here, because the library resolves names in its own way and writes to
    // stderr.
    const socket = await connectTo({ host, port }, ended.signal);
    const smtp = connectionOver(socket, options, ca);
    connection = smtp;
    smtp.on('error', ended.end);
    await ended.or((done) => smtp.connect(done));
    if (login !== undefined && password !== undefined) {
      if (!smtp.allowsAuth) throw noLogin(options);
      await ended.or((done) => smtp.login({ user: login.user, pass: password }, done));
    }
    const envelope = { from: addressOf(from), to: [...to] };
    const sent = await ended.or<Sent>((done) => smtp.send(envelope, message, done));
    await goodbye(smtp);
    return verdictsOf(sent?.rejectedErrors ?? [], transaction);
  } catch (error) {
    const verdicts = verdictsOfFailure(error, to, transaction);
    if (verdicts !== undefined) return verdicts;
    throw smtpFailure(error, transaction);
  } finally {
    ended.clear();
    connection?.close();
  }
}

/** The message is delivered, even if the server does not answer any more. */
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

interface Sent {
  readonly rejectedErrors?: Parameters<typeof verdictsOf>[0] | undefined;
}

function connectionOver(
  connection: Socket,
  { host, port, tls, clientName }: EmailOptions,
  ca: string | undefined,
): SMTPConnection {
  return new SMTPConnection({
    ...{ host, port, connection, name: clientName },
    secure: tls === 'tls',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    tls: {
      minVersion: 'TLSv1.2',
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...defined({ ca }),
    },
    socketTimeout: TIMEOUT_MS,
    // The answer to QUIT is not waited for.
    socketCloseTimeout: 0,
  });
}

function noLogin({ host, port, tls }: EmailOptions): AppError {
  return new AppError('NOTIFY_FAILED', `e-mail to ${host}:${port}: the server offers no AUTH`, {
    hint:
      tls === 'none'
        ? 'most servers offer it only over TLS: set tls = "starttls" or "tls"'
        : 'remove username and password, or name the submission server (port 587 or 465)',
  });
}

type Done<T> = (error?: Error | null, result?: T) => void;

/** What can end a delivery early: an error of the connection, the deadline, the caller. */
function endOf(signal: AbortSignal | undefined) {
  const controller = new AbortController();
  const end = (error: Error): void => controller.abort(error);
  const ended = new Promise<never>((_, reject) =>
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason as Error)),
  );
  ended.catch(() => undefined);
  const late = setTimeout(
    () => end(new Error(`not finished after ${TIMEOUT_MS / 1000} s`)),
    TIMEOUT_MS,
  );
  const onAbort = (): void => end(new AppError('INTERRUPTED', 'the e-mail was interrupted'));
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  return {
    ...{ end, signal: controller.signal },
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
