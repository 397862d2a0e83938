// The dialogue on a real socket.
import type { Socket } from 'node:net';
import type { Endpoint } from '../ports/probe.ts';
import { EndedEarly } from './connect.ts';
import { createDialogue, farewell, type DialogueOutcome, type PlainProtocol } from './dialogue.ts';

/** Returns when TLS may begin on the socket. @throws EndedEarly when it may not */
export async function negotiate(
  socket: Socket,
  protocol: PlainProtocol,
  clientName: string,
  signal: AbortSignal,
): Promise<void> {
  const outcome = await converse(socket, protocol, clientName, signal);
  if (outcome.status === 'start-tls') return;
  if (outcome.status === 'no-tls') await sayFarewell(socket, protocol);
  throw new EndedEarly(outcome);
}

function converse(
  socket: Socket,
  protocol: PlainProtocol,
  clientName: string,
  signal: AbortSignal,
): Promise<DialogueOutcome> {
  return new Promise((resolve, reject) => {
    const dialogue = createDialogue(protocol, clientName);
    const end = (act: () => void): void => {
      socket.off('data', onData).off('error', onError).off('close', onClose);
      signal.removeEventListener('abort', onAbort);
      // Paused: the next bytes belong to TLS.
      socket.pause();
      act();
    };
    const broken = (detail: string): void =>
      end(() => resolve({ status: 'protocol-error', detail }));
    const onData = (chunk: Buffer): void => {
      const { send, outcome } = dialogue.receive(chunk);
      if (send !== '') socket.write(send);
      if (outcome !== undefined) end(() => resolve(outcome));
    };
    const onError = (error: Error): void => broken(error.message);
    const onClose = (): void => broken('the connection was closed before TLS');
    const onAbort = (): void =>
      end(() => reject(new EndedEarly({ status: 'timeout', detail: 'no answer before TLS' })));
    socket.on('data', onData).on('error', onError).on('close', onClose);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}

/** How long a server may take to say goodbye; nothing depends on it. */
const FAREWELL_MS = 500;

/** Says goodbye and waits a moment for the server to close. The caller destroys the socket in any case. */
export function sayFarewell(socket: Socket, protocol: Endpoint['protocol']): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, FAREWELL_MS);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    socket.once('end', done).once('close', done).once('error', done);
    socket.resume();
    const words = farewell(protocol);
    if (words === '') socket.end();
    else socket.write(words);
  });
}
