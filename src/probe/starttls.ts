// The dialogue on a real socket.
import type { Socket } from 'node:net';
import type { Protocol } from '../ports/probe.ts';
import { EndedEarly } from './connect.ts';
import { createDialogue, farewell, type Parties, type PlainProtocol } from './dialogue.ts';
import type { DialogueOutcome } from './script.ts';

/** How the dialogue ended; after `start-tls` TLS may begin on the socket. @throws EndedEarly after the deadline */
export function converse(
  socket: Socket,
  protocol: PlainProtocol,
  parties: Parties,
  signal: AbortSignal,
): Promise<DialogueOutcome> {
  return new Promise((resolve, reject) => {
    const dialogue = createDialogue(protocol, parties);
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
      if (send !== '') socket.write(send, 'latin1');
      if (outcome !== undefined) end(() => resolve(outcome));
    };
    const onError = (error: Error): void => broken(error.message);
    const onClose = (): void => broken('the connection was closed before TLS');
    const onAbort = (): void =>
      end(() => reject(new EndedEarly({ status: 'timeout', detail: 'no answer before TLS' })));
    socket.on('data', onData).on('error', onError).on('close', onClose);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) return onAbort();
    if (dialogue.opening !== '') socket.write(dialogue.opening, 'latin1');
  });
}

/** How long a server may take to say goodbye; nobody waits for it. */
const FAREWELL_MS = 500;

/**
 * Says goodbye and goes: the answer is known, and what the server still does changes nothing about it. The socket stays open until the server
 * closes it, for half a second at most, because hanging up on what a server is about to say ends up in its log. It keeps no process alive.
 */
export function leave(socket: Socket, protocol: Protocol, phase: 'plain' | 'secured'): void {
  const timer = setTimeout(() => socket.destroy(), FAREWELL_MS).unref();
  socket.once('close', () => clearTimeout(timer));
  socket.once('end', () => socket.destroy());
  socket.resume().unref();
  const words = farewell(protocol)[phase];
  if (words === '') socket.end();
  else socket.write(words, 'latin1');
}
