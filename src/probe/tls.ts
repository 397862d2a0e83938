// The Probe: one new handshake with one address, and the certificates as the server sent them. It
// gives no verdict: DANE does not ask whether a public CA issued them (RFC 7671 §5.1), so neither
// trust nor names nor dates are checked here.
import { isIP, type Socket } from 'node:net';
import { connect, type SecureContext, type TLSSocket } from 'node:tls';
import type { Call } from '../ports/call.ts';
import type { Endpoint, Handshake, Probe, Protocol } from '../ports/probe.ts';
import { addressLiteral } from './address-literal.ts';
import { EndedEarly, openSocket } from './connect.ts';
import { isPlain } from './dialogue.ts';
import { createOffers } from './offers.ts';
import { FailedTls, shownOnceSecure } from './shown.ts';
import { converse, leave } from './starttls.ts';
import { createSteps, type Steps } from './steps.ts';

export interface ProbeOptions {
  /** For each step of a look: greeting, each later answer, handshake. */
  readonly timeoutMs: number;
  /**
   * What SMTP and LMTP are told in EHLO: a fully qualified name. Undefined: the address that the
   * connection comes from.
   */
  readonly clientName: string | undefined;
}

/**
 * What is named in ALPN: where several protocols share a port, a server cannot tell XMPP otherwise
 * (XEP-0368 §3, §4).
 */
const ALPN: Partial<Readonly<Record<Protocol, string>>> = {
  'xmpps-client': 'xmpp-client',
  'xmpps-server': 'xmpp-server',
};

export function createProbe(options: ProbeOptions): Probe {
  const offers = createOffers();
  return {
    handshake: async (endpoint, seen, call) => {
      const answer = await lookOnce(endpoint, offers.everything(seen), options, call);
      if (!(answer instanceof FailedTls)) return answer;
      if (seen.length === 0) return { status: answer.status, detail: answer.detail };
      const withoutSeen = answer.tellsNothing ? offers.withoutSeen(seen) : undefined;
      if (withoutSeen === undefined) return noCertificate(answer);
      const second = await lookOnce(endpoint, withoutSeen, options, call);
      return second instanceof FailedTls ? noCertificate(second) : second;
    },
  };
}

/**
 * However a server ends it: it does what it is asked when everything is offered as usual, and now
 * it did not like the offer.
 */
const noCertificate = ({ detail }: FailedTls): Handshake => ({ status: 'no-certificate', detail });

async function lookOnce(
  endpoint: Endpoint,
  context: SecureContext,
  { timeoutMs, clientName }: ProbeOptions,
  call: Call,
): Promise<Handshake | FailedTls> {
  call.signal?.throwIfAborted();
  const steps = createSteps(call.signal, timeoutMs);
  try {
    return await look(endpoint, context, clientName, steps);
  } catch (error) {
    // The caller does not want an answer any more: that is not a result about the server.
    call.signal?.throwIfAborted();
    if (error instanceof EndedEarly) return error.answer;
    if (error instanceof FailedTls) return error;
    throw error;
  } finally {
    steps.end();
  }
}

async function look(
  endpoint: Endpoint,
  context: SecureContext,
  clientName: string | undefined,
  steps: Steps,
): Promise<Handshake> {
  const socket = await openSocket(endpoint, steps);
  let secured: TLSSocket | undefined;
  try {
    const refusal = await reachTls(socket, endpoint, clientName, steps);
    if (refusal !== undefined) return refusal;
    steps.begin('TLS handshake');
    secured = startTls(socket, endpoint, context);
    const answer = await shownOnceSecure(secured, steps);
    leave(secured, endpoint.protocol, 'secured');
    secured.once('close', () => socket.destroy());
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
  ownName: string | undefined,
  steps: Steps,
): Promise<Handshake | undefined> {
  const { protocol, serverName, xmppDomain = serverName } = endpoint;
  if (!isPlain(protocol)) return undefined;
  const clientName = ownName ?? addressLiteral(socket.localAddress ?? '');
  const outcome = await converse(socket, protocol, { clientName, xmppDomain }, steps);
  if (outcome.status === 'start-tls') return undefined;
  if (outcome.status === 'protocol-error') socket.destroy();
  else leave(socket, protocol, 'plain');
  return outcome;
}

function startTls(socket: Socket, endpoint: Endpoint, secureContext: SecureContext): TLSSocket {
  const { protocol, xmppDomain } = endpoint;
  const alpn = ALPN[protocol];
  // Without a stream before TLS this is where XMPP says whom it asks for, and servers hang up on a
  // name that is not one of their domains.
  const serverName = (alpn === undefined ? undefined : xmppDomain) ?? endpoint.serverName;
  const secured = connect({
    socket,
    secureContext,
    rejectUnauthorized: false,
    // An IP address is not a server name (RFC 6066 §3).
    ...(isIP(serverName) === 0 && serverName !== '' ? { servername: serverName } : {}),
    ...(alpn === undefined ? {} : { ALPNProtocols: [alpn] }),
  });
  secured.on('error', () => undefined);
  return secured;
}
