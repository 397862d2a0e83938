// The Probe: one fresh handshake with one address, and the certificates as the server sent them. It judges nothing: DANE does not ask
// whether a public CA would vouch for them (RFC 7671 §5.1), so neither trust nor names nor dates are checked here.
import type { X509Certificate } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import {
  DEFAULT_CIPHERS,
  connect,
  createSecureContext,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import { reasonOf } from '../base/errors.ts';
import { following } from '../base/following.ts';
import type {
  Endpoint,
  Handshake,
  Probe,
  Protocol,
  Session,
  SignatureAlgorithm,
} from '../ports/probe.ts';
import { EndedEarly, openSocket } from './connect.ts';
import { isPlain } from './dialogue.ts';
import { converse, leave } from './starttls.ts';

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

/** What is named in ALPN: where several protocols share a port, a server cannot tell XMPP otherwise (XEP-0368 §3, §4). */
const ALPN: Partial<Readonly<Record<Protocol, string>>> = {
  'xmpps-client': 'xmpp-client',
  'xmpps-server': 'xmpp-server',
};

export function createProbe({ timeoutMs, clientName }: ProbeOptions): Probe {
  // Made once: it costs more than a handshake. Without authorities, because nobody's word is asked; and without sessions, which a
  // client offers only when it is handed one.
  const contexts = {
    ecdsa: createSecureContext({ ca: [], ...OFFERS.ecdsa }),
    rsa: createSecureContext({ ca: [], ...OFFERS.rsa }),
  };
  return {
    handshake: async (endpoint, algorithm, call) => {
      call.signal?.throwIfAborted();
      const { signal, end } = following(call.signal);
      const deadline = setTimeout(end, timeoutMs);
      try {
        return await look(endpoint, contexts[algorithm], clientName, signal);
      } catch (error) {
        // Whoever asked does not want an answer any more: that is no finding about the server.
        call.signal?.throwIfAborted();
        if (error instanceof EndedEarly) return error.answer;
        throw error;
      } finally {
        clearTimeout(deadline);
        end();
      }
    },
  };
}

async function look(
  endpoint: Endpoint,
  context: SecureContext,
  clientName: string,
  signal: AbortSignal,
): Promise<Handshake> {
  const socket = await openSocket(endpoint, signal);
  let secured: TLSSocket | undefined;
  try {
    const refusal = await reachTls(socket, endpoint, clientName, signal);
    if (refusal !== undefined) return refusal;
    secured = startTls(socket, endpoint, context);
    const answer = await shownOnceSecure(secured, signal);
    leave(secured, endpoint.protocol, 'secured');
    secured.once('close', () => socket.destroy());
    socket.unref();
    return answer;
  } catch (error) {
    secured?.destroy();
    socket.destroy();
    throw error;
  }
}

/** Undefined when TLS may begin. */
async function reachTls(
  socket: Socket,
  endpoint: Endpoint,
  clientName: string,
  signal: AbortSignal,
): Promise<Handshake | undefined> {
  const { protocol, serverName, xmppDomain = serverName } = endpoint;
  if (!isPlain(protocol)) return undefined;
  const outcome = await converse(socket, protocol, { clientName, xmppDomain }, signal);
  if (outcome.status === 'start-tls') return undefined;
  if (outcome.status === 'protocol-error') socket.destroy();
  else leave(socket, protocol, 'plain');
  return outcome;
}

function startTls(socket: Socket, endpoint: Endpoint, secureContext: SecureContext): TLSSocket {
  const { protocol, xmppDomain } = endpoint;
  const alpn = ALPN[protocol];
  // Without a stream before TLS this is where XMPP says whom it asks for, and servers hang up on a name that is none of their domains.
  const serverName = (alpn === undefined ? undefined : xmppDomain) ?? endpoint.serverName;
  const secured = connect({
    socket,
    secureContext,
    rejectUnauthorized: false,
    // An IP address is no server name (RFC 6066 §3).
    ...(isIP(serverName) === 0 && serverName !== '' ? { servername: serverName } : {}),
    ...(alpn === undefined ? {} : { ALPNProtocols: [alpn] }),
  });
  secured.on('error', () => undefined);
  return secured;
}

/** Reads the chain while the event is handled: a moment later a server that hung up has taken it along. */
function shownOnceSecure(secured: TLSSocket, signal: AbortSignal): Promise<Handshake> {
  return new Promise((resolve, reject) => {
    const fail = (answer: Handshake): void => reject(new EndedEarly(answer));
    secured.once('secureConnect', () => {
      const certificates = sentChain(secured);
      if (certificates.length === 0) {
        fail({ status: 'tls-failed', detail: 'the server sent no certificate' });
      } else {
        resolve({ status: 'presented', certificates, session: sessionOf(secured) });
      }
    });
    secured.once('error', (error) => {
      const certificates = refusesOurCertificate(error) ? sentChain(secured) : [];
      if (certificates.length > 0) resolve({ status: 'presented', certificates });
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

function sessionOf(secured: TLSSocket): Session {
  const key = secured.getEphemeralKeyInfo();
  const group = key !== null && 'name' in key && key.name !== undefined ? { group: key.name } : {};
  const version = secured.getProtocol() ?? '';
  return { version, cipher: secured.getCipher().standardName, ...group };
}
