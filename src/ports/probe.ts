// A TLS handshake as a DANE client makes it, without judging: what was presented, in the order in
// which it was sent.
import type { KeyAlgorithm } from '../dane/key-algorithm.ts';
import type { SchemeTraits } from '../dane/owner.ts';
import type { Call } from './call.ts';

/**
 * What is spoken until TLS begins, or, for the names that end in s, within TLS alone. `tls`:
 * nothing that needs a goodbye.
 */
export type Protocol = SchemeTraits['start'];

export interface Endpoint {
  readonly address: string;
  readonly port: number;
  readonly protocol: Protocol;
  /** SNI: the TLSA base domain (RFC 7671 §10.2), without trailing dot. */
  readonly serverName: string;
  /**
   * Whom XMPP is asked for: with SRV records another name than the host's. The stream is addressed
   * to it (RFC 6120 §4.7.2); with direct TLS it is the SNI (XEP-0368). Default: `serverName`.
   */
  readonly xmppDomain?: string;
}

/** What client and server agreed upon, in OpenSSL's words. */
export interface Session {
  /** `TLSv1.3` */
  readonly version: string;
  /** `TLS_AES_256_GCM_SHA384` */
  readonly cipher: string;
  /**
   * `X25519`; absent without an ephemeral key, and for groups that the TLS library does not name.
   */
  readonly group?: string;
}

export interface Presented {
  readonly status: 'presented';
  /** DER, as sent: one alone is a leaf without its chain. */
  readonly certificates: readonly Uint8Array[];
  /** Of the key in the leaf. */
  readonly algorithm: KeyAlgorithm;
  /** Absent when the server broke off after it had shown its certificates. */
  readonly session?: Session;
}

export type Handshake =
  | Presented
  /** The service speaks, but offers no TLS: STARTTLS is missing. */
  | { readonly status: 'no-tls'; readonly detail: string }
  /**
   * TLS works there, and no certificate was shown to an offer that asks for another kind than those
   * seen.
   */
  | { readonly status: 'no-certificate'; readonly detail: string }
  /** This machine cannot send there (no IPv6, say): that proves nothing about the service. */
  | { readonly status: 'no-route'; readonly detail: string }
  /**
   * This machine lacks something (file descriptors, memory, a port): that proves nothing about the
   * service, and will pass.
   */
  | { readonly status: 'out-of-resources'; readonly detail: string }
  /**
   * The service refuses to talk: it is too busy, or rejects the name of this machine. Its TLS was
   * not checked.
   */
  | { readonly status: 'turned-away'; readonly detail: string }
  | {
      readonly status: 'refused' | 'timeout' | 'unreachable' | 'tls-failed' | 'protocol-error';
      readonly detail: string;
    };

/**
 * The kinds of certificates that the endpoint was seen to have. None: what is offered is what
 * OpenSSL's clients offer.
 */
export type Seen = readonly KeyAlgorithm[];

export interface Probe {
  /**
   * A new session each time. Whether TLS works is decided by an offer of everything (`seen` is
   * empty). With `seen` the offer is made so that a server with another kind of certificate shows
   * that one; if it shows one of `seen`, there is no other.
   */
  handshake(endpoint: Endpoint, seen: Seen, call: Call): Promise<Handshake>;
}
