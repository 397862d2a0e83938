// The connection to a mail server: one connected socket to the first of its addresses that answers.
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { errorCodeOf, failed } from './smtp-failure.ts';
import type { MailServer } from './smtp-failure.ts';

/** A server that runs answers within seconds; one behind a packet filter never does. */
const CONNECT_TIMEOUT_MS = 20_000;

/** @throws AppError NOTIFY_FAILED; the signal's reason if the signal ended it */
export function connectTo(server: MailServer, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...server, autoSelectFamily: true });
    const end = (error: unknown): void => {
      clearTimeout(late);
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      reject(error);
    };
    const onAbort = (): void => end(signal.reason);
    const late = setTimeout(() => end(failed(server, 'ETIMEDOUT')), CONNECT_TIMEOUT_MS);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    socket.once('error', (error) => end(failed(server, errorCodeOf(error))));
    socket.once('connect', () => {
      clearTimeout(late);
      signal.removeEventListener('abort', onAbort);
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}
