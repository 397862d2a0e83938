// Sends a message to one address and brings back its response, or says in which way none came.
import { following } from '../base/following.ts';
import { tcpExchange } from './tcp.ts';
import { udpExchange } from './udp.ts';
import { timedOut, type Exchange, type ExchangeFailure, type ServerAddress } from './outcome.ts';

export { serverText, type Exchange, type ExchangeFailure, type ServerAddress } from './outcome.ts';

export interface ExchangeOptions {
  /** `udp` continues over TCP if the response is truncated, or if none comes. */
  readonly transport: 'udp' | 'tcp';
  /** For everything together. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

interface Failed {
  readonly status: ExchangeFailure;
  readonly detail: string;
}

// Shares of the time for each try over UDP alone: quick after a lost packet. What is left is for
// both transports.
const UDP_SHARES = [0.15, 0.3] as const;

/**
 * A lost packet is sent again; where none comes through, or only small ones do (fragments that a
 * firewall drops), TCP may.
 * @throws the signal's reason, and nothing else: failures are values
 */
export async function exchange(
  server: ServerAddress,
  message: Uint8Array,
  options: ExchangeOptions,
): Promise<Exchange> {
  const end = performance.now() + options.timeoutMs;
  const left = (): number => Math.max(0, end - performance.now());
  const tcp = (signal = options.signal): Promise<Exchange> =>
    tcpExchange(server, message, left(), signal);
  if (options.transport === 'tcp') return tcp();
  let last: Failed = timedOut(server);
  for (const share of UDP_SHARES) {
    const result = await udpExchange(server, message, left() * share, options.signal);
    if (result.status === 'truncated') return needsTcp(await tcp());
    if (result.status === 'answered' || result.status === 'no-route') return result;
    if (last.status !== 'malformed') last = result;
    if (result.status === 'unreachable') return overBoth(last, await tcp());
  }
  return overEither(last, options.signal, [
    (signal) => udpExchange(server, message, left(), signal),
    tcp,
  ]);
}

type Try<T> = (signal: AbortSignal) => Promise<T>;

/**
 * Both at the same time: a resolver that is slow answers over UDP still, and one that drops large
 * packets over TCP.
 */
async function overEither(
  before: Failed,
  signal: AbortSignal | undefined,
  [udp, tcp]: readonly [Try<Exchange | { readonly status: 'truncated' }>, Try<Exchange>],
): Promise<Exchange> {
  const either = following(signal);
  const [small, large] = [udp(either.signal), tcp(either.signal)];
  const answered = new Promise<Exchange>((resolve) => {
    const take = (result: Exchange | { readonly status: 'truncated' }): void => {
      if (result.status === 'answered') resolve(result);
    };
    small.then(take, () => undefined);
    large.then(take, () => undefined);
  });
  const ended = Promise.all([small, large]).then(([last, overTcp]): Exchange => {
    if (last.status === 'truncated') return needsTcp(overTcp);
    return overBoth(last.status === 'malformed' ? last : before, overTcp);
  });
  try {
    return await Promise.race([answered, ended]);
  } finally {
    either.end();
  }
}

/** The answer is there, and over UDP only its beginning. */
function needsTcp(tcp: Exchange): Exchange {
  if (tcp.status === 'answered') return tcp;
  const detail = `${tcp.detail} over TCP, which its answer needs, to every resolver too (RFC 7766 §5)`;
  return { status: tcp.status, detail };
}

function overBoth(udp: Failed, tcp: Exchange): Exchange {
  if (tcp.status === 'answered') return tcp;
  const detail =
    udp.detail === tcp.detail
      ? `${udp.detail} over UDP and TCP`
      : `over UDP ${udp.detail}, over TCP ${tcp.detail}`;
  return { status: udp.status, detail };
}
