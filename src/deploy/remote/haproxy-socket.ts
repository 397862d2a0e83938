// One command of HAProxy's runtime API (its management guide, "Unix Socket commands"): outside of
// the interactive mode a connection carries one command, and HAProxy closes it after the answer.
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Seconds } from '../../base/clock.ts';
import { AppError, reasonOf } from '../../base/errors.ts';

export interface HaproxyAddress {
  /** A unix socket, or an address. */
  readonly socket: { readonly path: string } | { readonly host: string; readonly port: number };
  readonly timeout: Seconds;
}

/** A list of ten thousand certificates with long paths. */
const MOST_ANSWER_BYTES = 4_194_304;

export function placeOf({ socket }: HaproxyAddress): string {
  return 'path' in socket ? socket.path : `${socket.host}:${socket.port}`;
}

/** The answer; empty when HAProxy closed without one. @throws AppError without a connection */
export function runtimeCommand(at: HaproxyAddress, command: string): Promise<string> {
  const { socket, timeout } = at;
  const place = placeOf(at);
  return new Promise((resolve, reject) => {
    const connection = connect(socket);
    const timer = setTimeout(() => connection.destroy(slow(place, timeout)), timeout * 1000);
    const parts: Buffer[] = [];
    let isConnected = false;
    collect(connection, parts, place);
    connection.once('connect', () => {
      isConnected = true;
      connection.write(command);
    });
    let failure: Error | undefined;
    connection.once('error', (error) => (failure = error));
    connection.once('close', () => {
      clearTimeout(timer);
      if (failure instanceof AppError) reject(failure);
      else if (!isConnected) reject(notConnected(place, failure));
      // It may close before it has read everything: what it said until then is the answer.
      else resolve(Buffer.concat(parts).toString('utf8'));
    });
  });
}

function collect(connection: Socket, parts: Buffer[], place: string): void {
  let size = 0;
  connection.on('data', (part) => {
    size += part.length;
    if (size <= MOST_ANSWER_BYTES) parts.push(part);
    else connection.destroy(new AppError('DEPLOY_FAILED', `${place} answers without end`));
  });
}

function slow(place: string, timeout: Seconds): AppError {
  return new AppError('DEPLOY_FAILED', `${place} did not answer within ${timeout} s`, {
    hint: 'check that HAProxy works; holger tries again',
  });
}

function notConnected(place: string, error: NodeJS.ErrnoException | undefined): AppError {
  if (error?.code === 'EACCES' || error?.code === 'EPERM') {
    return new AppError('DEPLOY_REFUSED', `holger may not connect to ${place}`, {
      hint: 'let the user that runs holger use it: user, group and mode of stats socket in haproxy.cfg',
    });
  }
  return new AppError('DEPLOY_FAILED', `no connection to ${place}: ${reasonOf(error)}`, {
    hint: 'check that HAProxy runs, and that haproxy.cfg has this stats socket; holger tries again',
  });
}
