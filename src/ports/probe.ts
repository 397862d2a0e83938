// A TLS handshake as a DANE client makes it, without judging: what was presented, in the order in which it was sent.
import type { SchemeTraits } from '../dane/owner.ts';
import type { Call } from './call.ts';

/** What is spoken until TLS begins. `tls`: nothing, and so for the two of XMPP with s, which name their protocol in the handshake. */
export type Protocol = SchemeTraits['start'];

export type SignatureAlgorithm = 'ecdsa' | 'rsa';

export interface Endpoint {
  readonly address: string;
  readonly port: number;
  readonly protocol: Protocol;
  /** SNI: the TLSA base domain (RFC 7671 §10.2), without trailing dot. */
  readonly serverName: string;
  /**
   * Whom XMPP is asked for: with SRV records another name than the host's. The stream is addressed to it (RFC 6120 §4.7.2); with direct TLS
   * it is the SNI (XEP-0368). Default: `serverName`.
   */
  readonly xmppDomain?: string;
}

/** What client and server agreed upon, in OpenSSL's words. */
export interface Session {
  /** `TLSv1.3` */
  readonly version: string;
  /** `TLS_AES_256_GCM_SHA384` */
  readonly cipher: string;
  /** `X25519`; absent without an ephemeral key, and for groups that the TLS library does not name. */
  readonly group?: string;
}

export type Handshake =
  | {
      readonly status: 'presented';
      /** DER, as sent: one alone is a leaf without its chain. */
      readonly certificates: readonly Uint8Array[];
      /** Absent when the server broke off after it had shown its certificates. */
      readonly session?: Session;
    }
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
