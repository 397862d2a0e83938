// Servers on loopback, for one test each.
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import {
  createServer as createTlsServer,
  createSecureContext,
  TLSSocket,
  type TlsOptions,
} from 'node:tls';
import { onTestFinished } from 'vitest';
import type { Endpoint, Protocol } from '../../src/ports/probe.ts';
import type { Party } from '../support/ca.ts';

export const chainOf = (...parties: readonly Party[]): string =>
  parties.map((party) => party.pem.trim()).join('\n');

export const identity = (leaf: Party, ...others: readonly Party[]) => ({
  key: leaf.keyPem,
  cert: chainOf(leaf, ...others),
});

async function listen(server: Server, protocol: Protocol): Promise<Endpoint> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { address: '127.0.0.1', port, protocol, serverName: 'mx1.example.org' };
}

/** TLS from the first byte. */
export function tlsServer(
  options: TlsOptions,
  seen?: (socket: TLSSocket) => void,
  failed: (error: Error) => void = () => undefined,
): Promise<Endpoint> {
  const server = createTlsServer(options, (socket) => {
    socket.on('error', () => undefined);
    seen?.(socket);
  });
  server.on('tlsClientError', failed);
  return listen(server, 'tls');
}

/** What a plain connection does. */
export function plainServer(protocol: Protocol, act: (socket: Socket) => void): Promise<Endpoint> {
  return listen(createServer(act), protocol);
}

/**
 * Answers each line by what `script` says for its first word; '!' begins TLS after the answer.
 * `seen` collects all lines.
 */
export function starttlsServer(
  protocol: Protocol,
  greeting: string,
  script: Readonly<Record<string, string>>,
  tls: TlsOptions,
  seen: string[] = [],
  lateMs = 0,
): Promise<Endpoint> {
  return plainServer(protocol, (socket) => {
    const late = (act: () => void): void => void (lateMs === 0 ? act() : setTimeout(act, lateMs));
    const serve = (stream: Socket): void => {
      const onData = (data: Buffer): void => {
        const line = data.toString().trim();
        seen.push(line);
        const word = Object.keys(script).find((key) => line.startsWith(key)) ?? '';
        late(() => reply(word));
      };
      const reply = (word: string): void => {
        const answer = script[word] ?? '500 what?';
        stream.write(`${answer.replace(/!$/, '')}\r\n`);
        if (answer.endsWith('!')) {
          stream.off('data', onData);
          const secureContext = createSecureContext(tls);
          serve(new TLSSocket(stream, { isServer: true, secureContext }));
        } else if (/^(QUIT|bye)/.test(word)) stream.end();
      };
      stream.on('error', () => undefined).on('data', onData);
    };
    serve(socket);
    late(() => socket.write(`${greeting}\r\n`));
  });
}
