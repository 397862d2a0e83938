// A small SMTP server with STARTTLS and AUTH PLAIN, which keeps what it gets. Real ones are in
// test/real/email.test.ts.
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { createSecureContext, TLSSocket } from 'node:tls';

export interface SinkOptions {
  readonly tls?: { readonly cert: string; readonly key: string; readonly implicit?: boolean };
  readonly password?: string;
  readonly answers?: Readonly<Record<string, string>>;
  /** Answers nothing any more from this command on. */
  readonly silentAt?: string;
}

export interface Sink {
  readonly port: number;
  /** Commands, "(tls)" where the connection became one. */
  readonly heard: string[];
  readonly messages: string[];
  close(): void;
}

export async function startSink(options: SinkOptions = {}): Promise<Sink> {
  const heard: string[] = [];
  const messages: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    const implicit = options.tls?.implicit === true;
    const stream = implicit ? secured(socket, options, heard) : socket;
    // Some tests are about clients that hang up in the middle.
    converse(stream, options, implicit, { heard, messages }).catch(() => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    ...{ heard, messages },
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

function secured(socket: Socket, { tls }: SinkOptions, heard: string[]): TLSSocket {
  const secureContext = createSecureContext({ cert: tls?.cert ?? '', key: tls?.key ?? '' });
  const upgraded = new TLSSocket(socket, { isServer: true, secureContext });
  return upgraded.on('error', () => undefined).once('secure', () => heard.push('(tls)'));
}

async function converse(
  socket: Socket,
  options: SinkOptions,
  isSecure: boolean,
  kept: Pick<Sink, 'heard' | 'messages'>,
  greet = true,
): Promise<void> {
  const { heard, messages } = kept;
  const { tls, password, answers = {}, silentAt } = options;
  const say = (text: string): void => void socket.write(`${text}\r\n`);
  if (greet) {
    if (silentAt === 'greeting') return;
    say('220 sink ESMTP');
  }
  let data: string[] | undefined;
  const lines = createInterface({ input: socket, crlfDelay: Infinity });
  for await (const line of lines) {
    if (data !== undefined) {
      if (line !== '.') {
        data.push(line.replace(/^\.\./, '.'));
        continue;
      }
      messages.push(data.join('\n'));
      data = undefined;
      say(answers['.'] ?? '250 taken');
      continue;
    }
    heard.push(line);
    const verb = line.split(/[ :]/)[0] ?? '';
    if (verb === silentAt) return;
    const answer = answers[line] ?? answers[verb];
    if (answer !== undefined) say(answer);
    else if (verb === 'EHLO') {
      const extensions = [
        'sink',
        ...(tls !== undefined && !isSecure ? ['STARTTLS'] : []),
        ...(password === undefined ? [] : ['AUTH PLAIN']),
        '8BITMIME',
      ];
      extensions.forEach((one, index) =>
        say(`250${index === extensions.length - 1 ? ' ' : '-'}${one}`),
      );
    } else if (verb === 'STARTTLS') {
      lines.close();
      socket.removeAllListeners('data');
      say('220 go ahead');
      return converse(secured(socket, options, heard), options, true, kept, false);
    } else if (verb === 'AUTH') {
      const given = Buffer.from(line.split(' ')[2] ?? '', 'base64')
        .toString()
        .split('\0');
      say(given[2] === password ? '235 welcome' : '535 wrong');
    } else if (verb === 'DATA') {
      data = [];
      say('354 go on');
    } else if (verb === 'QUIT') {
      say('221 bye');
      socket.end();
    } else say('250 fine');
  }
}
