// A TCP connection to one address, and what its failures are called.
import { connect, type Socket } from 'node:net';
import { reasonOf } from '../base/errors.ts';
import type { Endpoint, Handshake } from '../ports/probe.ts';

/** Carries the answer of a look that ends early, through the code that waits. */
export class EndedEarly extends Error {
  readonly answer: Handshake;

  constructor(answer: Handshake) {
    super(answer.status);
    this.answer = answer;
  }
}

export function openSocket(endpoint: Endpoint, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: endpoint.address, port: endpoint.port });
    const stop = (): void => {
      socket.destroy();
      reject(new EndedEarly({ status: 'timeout', detail: 'no TCP connection' }));
    };
    signal.addEventListener('abort', stop, { once: true });
    const fail = (error: Error): void => {
      signal.removeEventListener('abort', stop);
      socket.destroy();
      reject(new EndedEarly(connectFailure(error)));
    };
    socket.once('error', fail);
    socket.once('connect', () => {
      signal.removeEventListener('abort', stop);
      socket.off('error', fail);
      // From here on whoever waits listens itself; an error between two waits must not end the process.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

/** Said by this machine's own network, before anything was sent. */
const NO_ROUTE: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'ENETUNREACH']);

function connectFailure(error: Error): Handshake {
  const code = 'code' in error ? String(error.code) : '';
  const detail = code === '' ? reasonOf(error) : code;
  if (code === 'ECONNREFUSED' || code === 'ECONNRESET') return { status: 'refused', detail };
  if (code === 'ETIMEDOUT') return { status: 'timeout', detail };
  if (NO_ROUTE.has(code)) return { status: 'no-route', detail };
  // EHOSTUNREACH, EACCES and EPERM (a local filter).
  return { status: 'unreachable', detail };
}
