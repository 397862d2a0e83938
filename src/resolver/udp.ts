// One question over UDP: a fresh socket, and so a fresh random source port, per try (RFC 5452
// §9.2), connected, so that the kernel drops what comes from any other address.
import { createSocket, type SocketOptions } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { matchResponse } from './match.ts';
import { failureOf, garbled, timedOut, type Exchange, type ServerAddress } from './outcome.ts';

export type UdpExchange = Exchange | { readonly status: 'truncated' };

/** Servers are known by their addresses: there is nothing to look up. */
const asItIs: SocketOptions['lookup'] = (address, _options, found) =>
  found(null, address, isIPv6(address) ? 6 : 4);

/**
 * Sends once and listens until the response to this question comes or the time is over; forgeries
 * and garbage do not end the wait.
 * @throws the signal's reason
 */
export function udpExchange(
  server: ServerAddress,
  request: Uint8Array,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<UdpExchange> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const socket = createSocket({ type: isIPv6(server.address) ? 'udp6' : 'udp4', lookup: asItIs });
    let atDeadline: Exchange = timedOut(server);
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.removeAllListeners();
      socket.on('error', () => undefined); // an ICMP error may still arrive while it closes
      socket.close();
      settle();
    };
    const done = (exchange: UdpExchange): void => finish(() => resolve(exchange));
    const onAbort = (): void => finish(() => reject(signal?.reason as Error));
    const timer = setTimeout(() => done(atDeadline), timeoutMs);
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.on('error', (error) => done(failureOf(error, server)));
    socket.on('message', (data) => {
      const bytes = new Uint8Array(data);
      const match = matchResponse(request, bytes);
      if (match.kind === 'response') done({ status: 'answered', message: match.message, bytes });
      if (match.kind === 'truncated') done({ status: 'truncated' });
      if (match.kind === 'malformed') atDeadline = garbled(server, match.reason);
    });
    socket.on('connect', () => socket.send(request));
    socket.connect(server.port, server.address);
  });
}
