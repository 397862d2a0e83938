// The dialogue on a real socket.
import { reasonOf } from '../base/errors.ts';
import type { Socket } from 'node:net';
import type { Protocol } from '../ports/probe.ts';
import { EndedEarly } from './connect.ts';
import { createDialogue, farewell, type Parties, type PlainProtocol } from './dialogue.ts';
import type { DialogueOutcome } from './script.ts';
import type { Steps } from './steps.ts';

/**
 * How the dialogue ended; after `start-tls` TLS may begin on the socket. @throws EndedEarly after
 * the deadline
 */
export function converse(
  socket: Socket,
  protocol: PlainProtocol,
  parties: Parties,
  steps: Steps,
): Promise<DialogueOutcome> {
  const { signal } = steps;
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
      if (send !== '') {
        steps.begin('answer before TLS');
        socket.write(send, 'latin1');
      }
      if (outcome !== undefined) end(() => resolve(outcome));
    };
    const onError = (error: Error): void => broken(reasonOf(error));
    const onClose = (): void => broken('the connection was closed before TLS');
    const onAbort = (): void =>
      end(() => reject(new EndedEarly({ status: 'timeout', detail: steps.late() })));
    socket.on('data', onData).on('error', onError).on('close', onClose);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) return onAbort();
    steps.begin(dialogue.opening === '' ? 'greeting' : 'answer before TLS');
    if (dialogue.opening !== '') socket.write(dialogue.opening, 'latin1');
  });
}

/**
 * How long a server may take for its goodbye. No handshake waits for it, but the end of the process
 * does.
 */
const FAREWELL_MS = 500;
/** How long a server may take to greet within TLS, if only a goodbye is to be sent to it. */
const LATE_GREETING_MS = 3000;

/**
 * Says goodbye and goes: the answer is known, and what the server still does changes nothing about
 * it. The socket stays open until the server closes it, but not for long, because hanging up on
 * what a server is about to say ends up in its log.
 */
export function leave(socket: Socket, protocol: Protocol, phase: 'plain' | 'secured'): void {
  const { [phase]: words, afterGreeting } = farewell(protocol);
  const waits = phase === 'secured' && afterGreeting === true;
  const go = (): void => void socket.destroy();
  let timer = setTimeout(() => socket.end(go), waits ? LATE_GREETING_MS : FAREWELL_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.once('end', go);
  const say = (): void => {
    clearTimeout(timer);
    timer = setTimeout(go, FAREWELL_MS);
    if (words === '') socket.end();
    else socket.write(words, 'latin1');
  };
  if (waits) socket.once('data', say);
  else say();
  socket.resume();
}
