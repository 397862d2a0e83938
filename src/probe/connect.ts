// A TCP connection to one address, and what its failures are called.
import { connect, isIPv6, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '../base/errors.ts';
import type { Endpoint, Handshake } from '../ports/probe.ts';
import type { Steps } from './steps.ts';

/** Carries the answer of a look that ends early, through the code that waits. */
export class EndedEarly extends Error {
  readonly answer: Handshake;

  constructor(answer: Handshake) {
    super(answer.status);
    this.answer = answer;
  }
}

/**
 * What this machine has none left of comes back when other looks are over; until then it is asked
 * again.
 */
const PAUSE_MS = 100;

/** @throws EndedEarly */
export async function openSocket(endpoint: Endpoint, steps: Steps): Promise<Socket> {
  for (;;) {
    try {
      return await open(endpoint, steps);
    } catch (error) {
      const lacks = error instanceof EndedEarly && error.answer.status === 'out-of-resources';
      if (!lacks) throw error;
      const again = await sleep(PAUSE_MS, true, { signal: steps.signal }).catch(() => false);
      if (!again) throw error;
    }
  }
}

function open(endpoint: Endpoint, { signal, late }: Steps): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: endpoint.address, port: endpoint.port });
    const stop = (): void => {
      socket.destroy();
      reject(new EndedEarly({ status: 'timeout', detail: late() }));
    };
    signal.addEventListener('abort', stop, { once: true });
    const fail = (error: Error): void => {
      signal.removeEventListener('abort', stop);
      socket.destroy();
      reject(new EndedEarly(connectFailure(error, endpoint.address)));
    };
    socket.once('error', fail);
    socket.once('connect', () => {
      signal.removeEventListener('abort', stop);
      socket.off('error', fail);
      // From here on the caller listens itself; an error between two waits must not end the
      // process.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

/** Reported by the network of this machine, before anything was sent. */
const NO_ROUTE: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'ENETUNREACH']);

const LACKING: Readonly<Record<string, string>> = {
  EMFILE: 'this process may open no more files (ulimit -n)',
  ENFILE: 'this machine can open no more files',
  ENOBUFS: 'this machine has no memory left for sockets',
  ENOMEM: 'this machine has no memory left for sockets',
  EADDRNOTAVAIL: 'this machine has no port left for connections',
};

function connectFailure(error: Error, address: string): Handshake {
  const code = 'code' in error ? String(error.code) : '';
  const detail = reasonOf(error);
  if (code === 'ECONNREFUSED' || code === 'ECONNRESET') return { status: 'refused', detail };
  if (code === 'ETIMEDOUT') return { status: 'timeout', detail };
  const lacking = LACKING[code];
  // Without an IPv6 address of its own a machine has none to send from; of IPv4 addresses only the
  // ports can be used up.
  if (lacking !== undefined && !(NO_ROUTE.has(code) && isIPv6(address))) {
    return { status: 'out-of-resources', detail: `${code}: ${lacking}` };
  }
  if (NO_ROUTE.has(code)) return { status: 'no-route', detail };
  // EHOSTUNREACH, and of this machine EACCES and EPERM.
  const filtered = code === 'EACCES' || code === 'EPERM';
  return {
    status: 'unreachable',
    detail: filtered ? `${code}: a filter of this machine forbids it` : detail,
  };
}
