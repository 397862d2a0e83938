// A mail host that accepts ordinary offers of TLS and ends every other one in a configured way.
import { createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket, type SecureContextOptions } from 'node:tls';

/** What OpenSSL's clients name first: ECDSA on P-256 with SHA-256. */
const USUAL = 0x0403;

export type Ending = (socket: Socket) => void;

export const alertOf =
  (description: number): Ending =>
  (socket) =>
    void socket.end(Buffer.from([21, 3, 3, 0, 2, 2, description]));

/** `ending` of offers that begin with another signature algorithm. */
export function startChoosyHost(
  address: string,
  identity: SecureContextOptions,
  ending: Ending,
): Promise<{ close(): void }> {
  const secureContext = createSecureContext(identity);
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
    socket.write('220 mail ESMTP\r\n');
    socket.on('data', function onData(data: Buffer) {
      const text = data.toString('latin1');
      if (/^EHLO/i.test(text)) socket.write('250-mail\r\n250 STARTTLS\r\n');
      else if (/^QUIT/i.test(text)) socket.end('221 bye\r\n');
      else if (/^STARTTLS/i.test(text)) {
        socket.off('data', onData);
        socket.write('220 go ahead\r\n');
        socket.once('data', (hello: Buffer) => {
          if (firstSignatureIn(hello) !== USUAL) return ending(socket);
          socket.pause();
          socket.unshift(hello);
          speak(new TLSSocket(socket, { isServer: true, secureContext }));
        });
      }
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(25, address, () =>
      resolve({
        close: () => {
          server.close();
          for (const socket of open) socket.destroy();
        },
      }),
    );
  });
}

function speak(secured: TLSSocket): void {
  secured.on('error', () => undefined);
  secured.on('data', (data: Buffer) => {
    if (/^QUIT/i.test(data.toString())) secured.end('221 bye\r\n');
    else secured.write('250 mail\r\n');
  });
}

/**
 * Of the extension signature_algorithms of a ClientHello in one record (RFC 8446 §4.1.2, §4.2.3).
 */
export function firstSignatureIn(hello: Buffer): number | undefined {
  let at = 43;
  at += 1 + hello.readUInt8(at);
  at += 2 + hello.readUInt16BE(at);
  at += 1 + hello.readUInt8(at);
  for (at += 2; at + 4 <= hello.length; at += 4 + hello.readUInt16BE(at + 2)) {
    if (hello.readUInt16BE(at) === 13) return hello.readUInt16BE(at + 6);
  }
  return undefined;
}
