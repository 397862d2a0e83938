// A TLS handshake as a DANE client makes it, without judging: what was presented, in the order in which it was sent.
import type { Call } from './call.ts';

export type Protocol =
  | 'smtp'
  | 'submission'
  | 'lmtp'
  | 'imap'
  | 'pop3'
  | 'tls'; /** TLS from the first byte: https, smtps, submissions, imaps, pop3s, … */

export type SignatureAlgorithm = 'ecdsa' | 'rsa';

export interface Endpoint {
  readonly address: string;
  readonly port: number;
  readonly protocol: Protocol;
  /** SNI: the TLSA base domain (RFC 7671 §10.2), without trailing dot. */
  readonly serverName: string;
}

export type Handshake =
  /** DER certificates as sent. */
  | { readonly status: 'presented'; readonly certificates: readonly Uint8Array[] }
  /** The service speaks, but offers no TLS: STARTTLS is missing. */
  | { readonly status: 'no-tls'; readonly detail: string }
  /** The service has no certificate of the asked algorithm. */
  | { readonly status: 'no-certificate'; readonly detail: string }
  /** This machine cannot send there at all (no IPv6, say): that tells nothing about the service. */
  | { readonly status: 'no-route'; readonly detail: string }
  | {
      readonly status: 'refused' | 'timeout' | 'unreachable' | 'tls-failed' | 'protocol-error';
      readonly detail: string;
    };

export interface Probe {
  /** A fresh session each time; `algorithm` limits the signature algorithms offered. */
  handshake(endpoint: Endpoint, algorithm: SignatureAlgorithm, call: Call): Promise<Handshake>;
}
