// Kinds of keys in certificates. A server may hold one certificate of each, and chooses among them
// by what a client offers.

export const KEY_ALGORITHMS = ['ecdsa', 'rsa', 'ed25519', 'ed448', 'rsa-pss'] as const;

/** `other`: DSA, GOST, post-quantum signatures. */
export type KeyAlgorithm = (typeof KEY_ALGORITHMS)[number] | 'other';

const TEXT: Readonly<Record<KeyAlgorithm, string>> = {
  ecdsa: 'ECDSA',
  rsa: 'RSA',
  ed25519: 'Ed25519',
  ed448: 'Ed448',
  'rsa-pss': 'RSA-PSS',
  other: 'other',
};

/** As RFCs write it. */
export const keyAlgorithmText = (algorithm: KeyAlgorithm): string => TEXT[algorithm];
