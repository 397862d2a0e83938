// The Probe: one fresh handshake with one address, and the certificates as the server sent them. It judges nothing: DANE does not ask
// whether a public CA would vouch for them (RFC 7671 §5.1), so neither trust nor names nor dates are checked here.
import type { X509Certificate } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import { DEFAULT_CIPHERS, connect, type TLSSocket } from 'node:tls';
import { reasonOf } from '../base/errors.ts';
import type { Endpoint, Handshake, Probe, SignatureAlgorithm } from '../ports/probe.ts';
import { EndedEarly, openSocket } from './connect.ts';
import { negotiate, sayFarewell } from './starttls.ts';

export interface ProbeOptions {
  /** For the whole look at one address: connection, dialogue, handshake. */
  readonly timeoutMs: number;
  /** What SMTP and LMTP are told in EHLO; a host name. */
  readonly clientName: string;
}

/**
 * A server with two certificates chooses by these. The ciphers matter for TLS 1.2 only: key exchange by RSA encryption needs no signature, so
 * `sigalgs` alone would let an RSA certificate through when ECDSA was asked for.
 */
const OFFERS: Readonly<Record<SignatureAlgorithm, { sigalgs: string; ciphers: string }>> = {
  ecdsa: {
    sigalgs: 'ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512',
    ciphers: `${DEFAULT_CIPHERS}:!aRSA`,
  },
  rsa: {
    sigalgs:
      'rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:RSA+SHA256:RSA+SHA384:RSA+SHA512',
    ciphers: `${DEFAULT_CIPHERS}:!aECDSA`,
  },
};

export function createProbe({ timeoutMs, clientName }: ProbeOptions): Probe {
  return {
    handshake: async (endpoint, algorithm, call) => {
      call.signal?.throwIfAborted();
      const deadline = AbortSignal.timeout(timeoutMs);
      const signals = call.signal === undefined ? [deadline] : [deadline, call.signal];
      const signal = AbortSignal.any(signals);
      try {
        return await look(endpoint, algorithm, clientName, signal);
      } catch (error) {
        // Whoever asked does not want an answer any more: that is no finding about the server.
        call.signal?.throwIfAborted();
        if (error instanceof EndedEarly) return error.answer;
        throw error;
      }
    },
  };
}

async function look(
  endpoint: Endpoint,
  algorithm: SignatureAlgorithm,
  clientName: string,
  signal: AbortSignal,
): Promise<Handshake> {
  const socket = await openSocket(endpoint, signal);
  let secured: TLSSocket | undefined;
  try {
    if (endpoint.protocol !== 'tls') await negotiate(socket, endpoint.protocol, clientName, signal);
    secured = startTls(socket, endpoint.serverName, algorithm);
    const certificates = await chainOnceSecure(secured, signal);
    await sayFarewell(secured, endpoint.protocol);
    if (certificates.length > 0) return { status: 'presented', certificates };
    return { status: 'tls-failed', detail: 'the server sent no certificate' };
  } finally {
    secured?.destroy();
    socket.destroy();
  }
}

function startTls(socket: Socket, serverName: string, algorithm: SignatureAlgorithm): TLSSocket {
  const secured = connect({
    socket,
    rejectUnauthorized: false,
    // An IP address is no server name (RFC 6066 §3).
    ...(isIP(serverName) === 0 && serverName !== '' ? { servername: serverName } : {}),
    ...OFFERS[algorithm],
  });
  secured.on('error', () => undefined);
  return secured;
}

/** Reads the chain while the event is handled: a moment later a server that hung up has taken it along. */
function chainOnceSecure(secured: TLSSocket, signal: AbortSignal): Promise<Uint8Array[]> {
  return new Promise((resolve, reject) => {
    const fail = (answer: Handshake): void => reject(new EndedEarly(answer));
    secured.once('secureConnect', () => resolve(sentChain(secured)));
    secured.once('error', (error) => {
      const shown = refusesOurCertificate(error) ? sentChain(secured) : [];
      if (shown.length > 0) resolve(shown);
      else fail(tlsFailure(error));
    });
    secured.once('close', () => fail({ status: 'tls-failed', detail: 'closed during TLS' }));
    const onAbort = (): void => fail({ status: 'timeout', detail: 'no answer during TLS' });
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}

/**
 * A server that insists on a certificate of ours has shown its own before it gives up, in TLS 1.2 with the same alert as one that has none to
 * show. Whether it would talk to us is not the question here.
 */
function refusesOurCertificate(error: Error): boolean {
  return (
    'code' in error && /ALERT_(HANDSHAKE_FAILURE|CERTIFICATE_REQUIRED)$/.test(String(error.code))
  );
}

/**
 * Alert 40 is what a server says that has no certificate for what was offered (RFC 8446 §6.2, RFC 5246 §7.2.2). OpenSSL names it with or without "SSLV3", by
 * version.
 */
function tlsFailure(error: Error): Handshake {
  const code = 'code' in error ? String(error.code) : '';
  const detail = code === '' ? reasonOf(error) : code;
  const lacks = /ALERT_HANDSHAKE_FAILURE$/.test(code);
  return { status: lacks ? 'no-certificate' : 'tls-failed', detail };
}

/**
 * In the order in which they were sent, unrelated ones included. `getPeerCertificate(true)` would put them in order by issuer and drop what does not fit,
 * and must not be called on the same socket: it empties what the other returns.
 */
function sentChain(secured: TLSSocket): Uint8Array[] {
  const chain: Uint8Array[] = [];
  let next: X509Certificate | undefined = secured.getPeerX509Certificate();
  for (; next !== undefined; next = next.issuerCertificate) {
    chain.push(new Uint8Array(next.raw));
  }
  return chain;
}
