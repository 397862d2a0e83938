// A mail host of a few lines that can misbehave where Postfix cannot be made to: one address, port
// 25 (or TLS from the first octet).

import { createServer, type Server, type Socket } from 'node:net';
import {
  createSecureContext,
  TLSSocket,
  type SecureContext,
  type TLSSocketOptions,
} from 'node:tls';

/** PEM; the chain leaf first. */
export interface Presented {
  readonly chain: string;
  readonly key: string;
}

export type Manner =
  | 'ordinary'
  /** No STARTTLS in the answer to EHLO. */
  | 'no-starttls'
  /** STARTTLS is not offered to every third client. */
  | 'sometimes'
  /** STARTTLS is offered and then answered with 454. */
  | 'not-now'
  /** A TLS alert instead of a ServerHello. */
  | 'alert'
  /** Text in the clear right after the answer to STARTTLS. */
  | 'injects'
  /** The first chain for clients that name a host (SNI), the second for all others. */
  | 'by-name'
  /** The first line is 554. */
  | 'unwelcoming'
  /** The connection is accepted, and nothing is sent. */
  | 'silent'
  | 'implicit-tls';

export interface SmtpHost {
  close(): void;
}

const INTERNAL_ERROR = Buffer.from([21, 3, 3, 0, 2, 2, 80]);

export async function startSmtpHost(
  address: string,
  presented: readonly Presented[],
  manner: Manner,
): Promise<SmtpHost> {
  const open = new Set<Socket>();
  const isByName = manner === 'by-name';
  const [named = [], others = named] = isByName ? presented.map((one) => [one]) : [presented];
  const secure: TLSSocketOptions = {
    secureContext: contextOf(others),
    SNICallback: (_, done) => {
      done(null, contextOf(named));
    },
  };
  let clients = 0;
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
    clients += 1;
    if (manner === 'implicit-tls') encrypt(socket, secure, false);
    else if (manner !== 'silent') greet(socket, secure, manner, clients);
  });
  await listening(server, manner === 'implicit-tls' ? 443 : 25, address);
  return {
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

const contextOf = (presented: readonly Presented[]): SecureContext =>
  createSecureContext({
    cert: presented.map(({ chain }) => chain),
    key: presented.map(({ key }) => key),
  });

const listening = (server: Server, port: number, address: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, address, resolve);
  });

function greet(socket: Socket, secure: TLSSocketOptions, manner: Manner, client: number): void {
  const offers = manner !== 'no-starttls' && (manner !== 'sometimes' || client % 3 !== 0);
  socket.write(manner === 'unwelcoming' ? '554 not you\r\n' : '220 mail ESMTP\r\n');
  onLines(socket, (line) => {
    if (/^EHLO/i.test(line)) {
      socket.write(offers ? '250-mail\r\n250-SIZE 1000\r\n250 STARTTLS\r\n' : '250 mail\r\n');
    } else if (!/^STARTTLS/i.test(line)) answer(socket, line);
    // Some clients begin TLS all the same, and wait; the end of the connection is an answer, too.
    else if (!offers) socket.end('502 no such command\r\n');
    else if (manner === 'not-now') socket.end('454 TLS not available\r\n');
    else {
      socket.removeAllListeners('data');
      socket.write(`220 go ahead\r\n${manner === 'injects' ? '250 all is well\r\n' : ''}`);
      if (manner === 'alert') socket.once('data', () => socket.end(INTERNAL_ERROR));
      else encrypt(socket, secure, true);
    }
  });
}

function encrypt(socket: Socket, secure: TLSSocketOptions, isSmtp: boolean): void {
  const secured = new TLSSocket(socket, { ...secure, isServer: true });
  secured.on('error', () => socket.destroy());
  if (!isSmtp) return void secured.on('data', () => secured.end());
  onLines(secured, (line) =>
    /^EHLO/i.test(line) ? secured.write('250 mail\r\n') : answer(secured, line),
  );
}

function answer(socket: Socket, line: string): void {
  if (/^QUIT/i.test(line)) socket.end('221 bye\r\n');
  else socket.write('502 no such command\r\n');
}

function onLines(socket: Socket, take: (line: string) => void): void {
  let pending = '';
  socket.on('data', (chunk: Buffer) => {
    pending += chunk.toString('latin1');
    const lines = pending.split('\r\n');
    pending = lines.pop() ?? '';
    lines.forEach(take);
  });
}
