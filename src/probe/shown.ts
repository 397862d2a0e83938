// What a TLS handshake shows: the certificates in the order in which they were sent, or how it
// failed.
import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { defined } from '../base/defined.ts';
import { reasonOf } from '../base/errors.ts';
import type { KeyAlgorithm } from '../dane/key-algorithm.ts';
import { algorithmOfKey } from '../x509/keys.ts';
import type { Handshake, Session } from '../ports/probe.ts';
import type { Steps } from './steps.ts';

/** The handshake began and failed. */
export class FailedTls extends Error {
  readonly status: 'tls-failed' | 'timeout';
  readonly detail: string;
  /**
   * The server may have another certificate, for another version of TLS; no certificate fits the
   * offer when any other alert comes.
   */
  readonly tellsNothing: boolean;

  constructor(status: FailedTls['status'], detail: string, code = '') {
    super(detail);
    this.status = status;
    this.detail = detail;
    this.tellsNothing =
      status === 'tls-failed' && (!code.includes('_ALERT_') || WRONG_VERSION.test(code));
  }
}

/**
 * Reads the chain while the event is handled: a moment later a server that hung up has taken it
 * along.
 * @throws FailedTls
 */
export function shownOnceSecure(secured: TLSSocket, { signal, late }: Steps): Promise<Handshake> {
  return new Promise((resolve, reject) => {
    const show = (session?: Session): boolean => {
      const leaf = secured.getPeerX509Certificate();
      if (leaf === undefined) return false;
      const shown = { certificates: sentChain(leaf), algorithm: algorithmOf(leaf) };
      resolve({ status: 'presented', ...shown, ...defined({ session }) });
      return true;
    };
    secured.once('secureConnect', () => {
      if (show(sessionOf(secured))) return;
      reject(new FailedTls('tls-failed', 'the server sent no certificate'));
    });
    secured.once('error', (error) => {
      if (refusesOurCertificate(error) && show()) return;
      const code = 'code' in error ? String(error.code) : '';
      const detail = code === '' ? reasonOf(error) : code;
      const old = WRONG_VERSION.test(code) ? ': the server has neither TLS 1.2 nor TLS 1.3' : '';
      reject(new FailedTls('tls-failed', detail + old, code));
    });
    secured.once('close', () => reject(new FailedTls('tls-failed', 'closed during TLS')));
    const onAbort = (): void => reject(new FailedTls('timeout', late()));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}

const WRONG_VERSION = /ALERT_PROTOCOL_VERSION$|UNSUPPORTED_PROTOCOL$/;

/**
 * A server that requires a client certificate has shown its own before it gives up, in TLS 1.2 with
 * the same alert as one that has none to show. Whether it would continue is not checked here.
 */
function refusesOurCertificate(error: Error): boolean {
  const alerts =
    /ALERT_(HANDSHAKE_FAILURE|(NO|BAD|UNSUPPORTED)_CERTIFICATE|CERTIFICATE_(UNKNOWN|REQUIRED)|UNKNOWN_CA|ACCESS_DENIED)$/;
  return 'code' in error && alerts.test(String(error.code));
}

/**
 * In the order in which they were sent, unrelated ones included. `getPeerCertificate(true)` would
 * put them in order by issuer and drop what does not fit, and must not be called on the same
 * socket: it empties what the other returns.
 */
function sentChain(leaf: X509Certificate): Uint8Array[] {
  const chain: Uint8Array[] = [];
  let next: X509Certificate | undefined = leaf;
  for (; next !== undefined; next = next.issuerCertificate) {
    chain.push(new Uint8Array(next.raw));
  }
  return chain;
}

function algorithmOf(leaf: X509Certificate): KeyAlgorithm {
  try {
    return algorithmOfKey(leaf.publicKey);
  } catch {
    return 'other'; // a key that OpenSSL cannot read: the server has signed with another
  }
}

function sessionOf(secured: TLSSocket): Session {
  const key = secured.getEphemeralKeyInfo();
  const group = key !== null && 'name' in key && key.name !== undefined ? { group: key.name } : {};
  const version = secured.getProtocol() ?? '';
  return { version, cipher: secured.getCipher().standardName, ...group };
}
