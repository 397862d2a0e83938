// What the probe offers in a handshake, so that a server with several certificates shows one after
// the other.
//
// A client that offers only one algorithm would find out the same, but would leave an error in the
// log of each server without it. So everything is offered, in a form that makes a server prefer
// what
// was not seen yet: its signature algorithms come first; and of two families of ciphers (TLS 1.2
// chooses the certificate by the cipher) the one that was seen is offered only with ciphers that no
// server prefers to those of the other, in its own order or in that of the client.
import { createSecureContext, type SecureContext } from 'node:tls';
import { KEY_ALGORITHMS, type KeyAlgorithm } from '../dane/key-algorithm.ts';
import type { Seen } from '../ports/probe.ts';

type Known = Exclude<KeyAlgorithm, 'other'>;

const SIGNATURES: Readonly<Record<Known, string>> = {
  ecdsa: 'ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512',
  rsa: 'rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:RSA+SHA256:RSA+SHA384:RSA+SHA512',
  ed25519: 'ed25519',
  ed448: 'ed448',
  'rsa-pss': 'rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512',
};

/** The names of TLS 1.2: EdDSA goes with the ciphers of ECDSA (RFC 8422 §5.3). */
type Family = 'ECDSA' | 'RSA';

const FAMILY: Readonly<Record<KeyAlgorithm, Family | undefined>> = {
  ecdsa: 'ECDSA',
  ed25519: 'ECDSA',
  ed448: 'ECDSA',
  rsa: 'RSA',
  'rsa-pss': 'RSA',
  other: undefined,
};

const CIPHERS: Readonly<Record<Family, string>> = {
  ECDSA: 'ECDHE+AESGCM+aECDSA:ECDHE+CHACHA20+aECDSA:ECDHE+AES+aECDSA',
  RSA: 'ECDHE+AESGCM+aRSA:ECDHE+CHACHA20+aRSA:DHE+AESGCM+aRSA:DHE+CHACHA20+aRSA:ECDHE+AES+aRSA:DHE+AES+aRSA:RSA+AESGCM:RSA+AES',
};

/** ChaCha20 is for servers that have AEAD ciphers alone. */
const LAST_CHOICES: Readonly<Record<Family, string>> = {
  ECDSA: 'ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-CHACHA20-POLY1305',
  RSA: [
    'ECDHE-RSA-AES128-SHA256:ECDHE-RSA-AES128-SHA:DHE-RSA-AES128-SHA256:DHE-RSA-AES128-SHA',
    'AES128-SHA256:AES128-SHA:AES256-SHA256:AES256-SHA:ECDHE-RSA-CHACHA20-POLY1305',
  ].join(':'),
};

/**
 * What Postfix is content with, whichever release of Node runs: newer ones refuse RSA keys of 1024
 * bits, and all of them leave out ciphers (Camellia).
 */
const AS_CLIENTS = '@SECLEVEL=1';
const OFFER = { ca: [], ciphers: `HIGH:MEDIUM:!aNULL:!PSK:!SRP:${AS_CLIENTS}` };

export interface Offers {
  /** Everything; without any seen, in the order of OpenSSL. */
  everything(seen: Seen): SecureContext;
  /** TLS 1.3, and none of those seen; undefined when there is nothing else. */
  withoutSeen(seen: Seen): SecureContext | undefined;
}

const signaturesOf = (algorithms: readonly Known[]): string =>
  algorithms.map((algorithm) => SIGNATURES[algorithm]).join(':');

function everything(seen: Seen): SecureContext {
  // Without authorities, because none is checked.
  if (seen.length === 0) return createSecureContext(OFFER);
  const isSeen = (algorithm: Known): boolean => seen.includes(algorithm);
  const order = [...KEY_ALGORITHMS.filter((one) => !isSeen(one)), ...KEY_ALGORITHMS.filter(isSeen)];
  const signatures = { ...OFFER, sigalgs: signaturesOf(order) };
  const [family, second] = new Set(seen.flatMap((algorithm) => FAMILY[algorithm] ?? []));
  // Of both families something was seen, or of none: the cipher chooses nothing any more.
  if (family === undefined || second !== undefined) return createSecureContext(signatures);
  const other = family === 'RSA' ? 'ECDSA' : 'RSA';
  const ciphers = `${CIPHERS[other]}:${LAST_CHOICES[family]}:${AS_CLIENTS}`;
  // In TLS 1.3 a server with an order of its own would not tell.
  return createSecureContext({ ...signatures, ciphers, maxVersion: 'TLSv1.2' });
}

function withoutSeen(seen: Seen): SecureContext | undefined {
  const others = KEY_ALGORITHMS.filter((algorithm) => !seen.includes(algorithm));
  if (others.length === 0) return undefined;
  return createSecureContext({ ...OFFER, sigalgs: signaturesOf(others), minVersion: 'TLSv1.3' });
}

/**
 * Each context is made once: that costs more than a handshake. Sessions are offered only by a
 * client that is handed one.
 */
export function createOffers(): Offers {
  const remembered = <T>(make: (seen: Seen) => T): ((seen: Seen) => T) => {
    const made = new Map<string, T>();
    return (seen) => {
      const key = [...seen].sort().join(' ');
      const context = made.get(key) ?? make(seen);
      made.set(key, context);
      return context;
    };
  };
  return { everything: remembered(everything), withoutSeen: remembered(withoutSeen) };
}
