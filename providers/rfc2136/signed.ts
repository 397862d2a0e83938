// One signed message to the primary and its verified response. A response without a valid signature
// is not trusted.
import { AppError } from '../../src/base/errors.ts';
import { formatDuration } from '../../src/base/duration.ts';
import { signMessage, verifyMessage, type TsigKey } from '../../src/dns/tsig.ts';
import {
  exchange,
  serverText,
  type Exchange,
  type ServerAddress,
} from '../../src/resolver/transport.ts';
import { RCODE, rcodeName } from '../../src/dns/record-type.ts';
import type { Clock, Seconds } from '../../src/base/clock.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import type { Message } from '../../src/dns/wire-reader.ts';
import type { Call } from '../../src/ports/call.ts';

export interface Rfc2136Options {
  /**
   * Addresses of the one primary. The next is tried when one cannot be reached or closes the
   * connection; if an update arrives at both, the prerequisite makes the second a conflict.
   */
  readonly servers: readonly ServerAddress[];
  readonly tsig: TsigKey;
  readonly clock: Clock;
  /** For one exchange. 10 seconds by default: a primary may sign before it answers. */
  readonly timeout?: Seconds;
}

const TIMEOUT: Seconds = 10;

type Failure = Exclude<Exchange, { readonly status: 'answered' }>;

export interface Signed {
  readonly message: Message;
  /** It may have arrived at another address before. */
  readonly isRepeat: boolean;
}

/**
 * @throws AppError TSIG_FAILED, TSIG_BADTIME, DNS_TIMEOUT, DNS_UNREACHABLE, PROVIDER_FAILED: the
 * request may have been carried out
 */
export async function signedExchange(
  options: Rfc2136Options,
  zone: Fqdn,
  unsigned: Uint8Array,
  call: Call,
): Promise<Signed> {
  const { servers, tsig, clock, timeout = TIMEOUT } = options;
  let failure: Failure | undefined;
  let isRepeat = false;
  for (const server of servers) {
    const { bytes, mac } = signMessage(unsigned, tsig, { timeSigned: clock.now() });
    const result = await exchange(server, bytes, {
      transport: 'tcp',
      timeoutMs: timeout * 1000,
      signal: call.signal,
    });
    if (result.status === 'answered') {
      verify(result.bytes, { options, server, mac, zone });
      return { message: result.message, isRepeat };
    }
    failure = result;
    isRepeat ||= result.sent === true;
    // After a timeout the server may still be at work; another address would hide the result.
    if (result.status !== 'unreachable' && result.status !== 'no-route') break;
  }
  throw unanswered(failure, zone);
}

interface Sent {
  readonly options: Rfc2136Options;
  readonly server: ServerAddress;
  readonly mac: Uint8Array;
  readonly zone: Fqdn;
}

function verify(response: Uint8Array, { options, server, mac, zone }: Sent): void {
  const { tsig, clock } = options;
  const now = clock.now();
  const verdict = verifyMessage(response, tsig, mac, now);
  if (verdict.status === 'verified') return;
  const where = serverText(server);
  if (verdict.status === 'bad-time') {
    const apart = verdict.serverTime - now;
    const side = apart > 0 ? 'ahead of' : 'behind';
    throw new AppError(
      'TSIG_BADTIME',
      `the clock of ${where} is ${formatDuration(apart)} ${side} ours`,
      {
        hint: 'set both clocks by NTP: TSIG allows 5 minutes between them',
        details: { server: where, serverTime: verdict.serverTime, secondsApart: Math.round(apart) },
      },
    );
  }
  // Not signed: it is not known whether anything was written, so this is not called a refusal.
  if (verdict.unsigned === RCODE.NOTIMP) throw withoutUpdates('TSIG_FAILED', where, zone);
  if (verdict.unsigned === RCODE.REFUSED || verdict.unsigned === RCODE.NOTAUTH) {
    throw new AppError(
      'TSIG_FAILED',
      `${where} refused the request for zone ${zone}, and did not sign the answer`,
      {
        hint:
          `check that the server of this provider is the primary of ${zone}: Knot does not ` +
          'sign answers about zones that it does not have',
        details: { server: where, zone, key: tsig.name, unsigned: rcodeName(verdict.unsigned) },
      },
    );
  }
  throw new AppError(
    'TSIG_FAILED',
    `the response of ${where} cannot be trusted: ${verdict.reason}`,
    {
      hint: `check name, algorithm (${tsig.algorithm}) and secret of TSIG key ${tsig.name} on both sides; a secondary that forwards updates needs the key too, so name the primary`,
      details: { server: where, key: tsig.name, algorithm: tsig.algorithm },
    },
  );
}

/** NSD, and every server that only transfers zones from others. */
export function withoutUpdates(
  code: 'TSIG_FAILED' | 'UPDATE_REFUSED',
  where: string,
  zone: Fqdn,
): AppError {
  return new AppError(code, `${where} does not support dynamic updates (NOTIMP)`, {
    hint:
      `name the primary of ${zone} as the server of this provider; NSD accepts no updates, ` +
      'with any key',
    details: { server: where, zone, rcode: 'NOTIMP' },
  });
}

/**
 * Most likely it does not serve that zone; the answer may be forged, so nothing else is concluded
 * from it.
 */
export function isUnsignedRefusal(error: unknown): boolean {
  return error instanceof AppError && error.details['unsigned'] !== undefined;
}

function unanswered(failure: Failure | undefined, zone: Fqdn): AppError {
  const detail = failure?.detail ?? 'no server is configured';
  const message = `the server of zone ${zone} gave no answer: ${detail}`;
  const hint = 'check address, port and firewall of the primary: updates go over TCP';
  switch (failure?.status) {
    case 'timeout':
      return new AppError('DNS_TIMEOUT', message, { hint, details: { zone } });
    case 'malformed':
      return new AppError('PROVIDER_FAILED', message, { details: { zone } });
    default:
      return new AppError('DNS_UNREACHABLE', message, { hint, details: { zone } });
  }
}
