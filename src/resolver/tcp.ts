// One message over TCP: two octets of length, then the message (RFC 1035 §4.2.2). TSIG and UPDATE
// always go this way.
import { connect } from 'node:net';
import { matchResponse } from './match.ts';
import { failureOf, garbled, timedOut, type Exchange, type ServerAddress } from './outcome.ts';

/** @throws the signal's reason */
export function tcpExchange(
  server: ServerAddress,
  request: Uint8Array,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const socket = connect({ host: server.address, port: server.port, noDelay: true });
    let received = Buffer.alloc(0);
    let isSent = false;
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.removeAllListeners();
      socket.on('error', () => undefined);
      socket.destroy();
      settle();
    };
    const done = (exchange: Exchange): void => finish(() => resolve(exchange));
    const failed = (exchange: Exchange): void =>
      done({ ...exchange, ...(isSent && { sent: true }) });
    const onAbort = (): void => finish(() => reject(signal?.reason as Error));
    const timer = setTimeout(() => done(timedOut(server)), timeoutMs);
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.on('error', (error) => failed(failureOf(error, server)));
    socket.on('connect', () => {
      isSent = true;
      socket.write(framed(request));
    });
    socket.on('data', (data) => {
      received = Buffer.concat([received, data]);
      if (received.length < 2) return;
      const length = received.readUInt16BE(0);
      if (received.length < 2 + length) return;
      done(judge(server, request, new Uint8Array(received.subarray(2, 2 + length))));
    });
    socket.on('close', () => failed(closed(server, received.length)));
  });
}

function closed(server: ServerAddress, received: number): Exchange {
  if (received > 0) return garbled(server, 'the connection was closed within a message');
  return { status: 'unreachable', detail: `${server.address} closed without an answer` };
}

function framed(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(2 + message.length);
  frame.writeUInt16BE(message.length, 0);
  frame.set(message, 2);
  return frame;
}

// The first message decides: on a connection of our own no other host can insert one, and only one
// question was asked.
function judge(server: ServerAddress, request: Uint8Array, bytes: Uint8Array): Exchange {
  const match = matchResponse(request, bytes);
  switch (match.kind) {
    case 'response':
      return { status: 'answered', message: match.message, bytes };
    case 'malformed':
      return garbled(server, match.reason);
    case 'truncated':
      return garbled(server, 'it is truncated over TCP');
    case 'foreign':
      return garbled(server, 'it does not belong to what was asked');
  }
}
