// The smallest mail server that offers STARTTLS, for hundreds of addresses at once: the client is
// what is measured.

import { createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';

const REPLIES: Readonly<Record<string, string>> = {
  EHLO: '250-sink\r\n250 STARTTLS\r\n',
  QUIT: '221 bye\r\n',
};

function converse(socket: Socket | TLSSocket, onStartTls: () => void): void {
  socket.on('error', () => undefined);
  const answer = (chunk: Buffer): void => {
    const verb = chunk.toString('latin1', 0, 8).toUpperCase().trim().split(/\s/)[0] ?? '';
    if (verb === 'STARTTLS') {
      socket.off('data', answer);
      socket.write('220 go\r\n');
      onStartTls();
    } else {
      socket.write(REPLIES[verb] ?? '250 ok\r\n');
      if (verb === 'QUIT') socket.end();
    }
  };
  socket.on('data', answer);
}

export function startMailSink(
  { key, cert }: { readonly key: string; readonly cert: string },
  port: number,
  host = '127.0.0.1',
): Promise<Server> {
  const secureContext = createSecureContext({ key, cert });
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    socket.write('220 sink ESMTP\r\n');
    converse(socket, () => {
      const secured = new TLSSocket(socket, { isServer: true, secureContext });
      converse(secured, () => undefined);
    });
  });
  return new Promise((resolve) => {
    server.listen({ host, port, backlog: 512 }, () => resolve(server));
  });
}
