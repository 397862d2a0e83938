// Sends a message to one address and brings back its response, or says in which way none came.
import { tcpExchange } from './tcp.ts';
import { udpExchange } from './udp.ts';
import { timedOut, type Exchange, type ServerAddress } from './outcome.ts';

export { serverText, type Exchange, type ExchangeFailure, type ServerAddress } from './outcome.ts';

export interface ExchangeOptions {
  /** `udp` goes on over TCP when the response is truncated. */
  readonly transport: 'udp' | 'tcp';
  /** For everything together. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

// Shares of the time for each try: quick after a lost packet, patient at the end.
const UDP_SHARES = [0.15, 0.3, 1] as const;

/**
 * A lost packet is sent again a few times within the deadline.
 * @throws the signal's reason, and nothing else: failures are values
 */
export async function exchange(
  server: ServerAddress,
  message: Uint8Array,
  options: ExchangeOptions,
): Promise<Exchange> {
  const end = performance.now() + options.timeoutMs;
  const left = (): number => Math.max(0, end - performance.now());
  if (options.transport === 'tcp') return tcpExchange(server, message, left(), options.signal);
  let last = timedOut(server);
  for (const share of UDP_SHARES) {
    const result = await udpExchange(server, message, left() * share, options.signal);
    if (result.status === 'truncated') {
      return tcpExchange(server, message, left(), options.signal);
    }
    if (result.status !== 'timeout' && result.status !== 'malformed') return result;
    if (last.status !== 'malformed') last = result;
  }
  return last;
}
