// How one exchange of messages with one address ends.
import { systemWords } from '../base/system-errors.ts';
import type { Message } from '../dns/wire-reader.ts';

export interface ServerAddress {
  /** IPv4 or IPv6, no name. */
  readonly address: string;
  readonly port: number;
}

export type ExchangeFailure = 'timeout' | 'unreachable' | 'no-route' | 'malformed';

export type Exchange =
  | { readonly status: 'answered'; readonly message: Message; readonly bytes: Uint8Array }
  | {
      readonly status: ExchangeFailure;
      readonly detail: string;
      /** There was a connection: what was asked may have arrived. */
      readonly sent?: true;
    };

// `no-route` is about this machine (no IPv6, no route), `unreachable` about the server.
const NO_ROUTE: ReadonlySet<string> = new Set([
  'EADDRNOTAVAIL',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'EAFNOSUPPORT',
  'ENETDOWN',
  'EACCES',
  'EPERM',
]);

export function failureOf(error: unknown, server: ServerAddress): Exchange {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  if (code === 'ETIMEDOUT') return timedOut(server);
  return {
    status: NO_ROUTE.has(code) ? 'no-route' : 'unreachable',
    detail: `${serverText(server)}: ${systemWords(code) ?? code}`,
  };
}

export function timedOut(server: ServerAddress): Exchange & { readonly status: ExchangeFailure } {
  return { status: 'timeout', detail: `${serverText(server)} does not answer` };
}

export function garbled(server: ServerAddress, reason: string): Exchange {
  return { status: 'malformed', detail: `${serverText(server)}: ${reason}` };
}

/** `192.0.2.53`, with `#port` when it is not 53. */
export function serverText({ address, port }: ServerAddress): string {
  return port === 53 ? address : `${address}#${port}`;
}
