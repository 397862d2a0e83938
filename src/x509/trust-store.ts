// A PKIX store, made of the certificates of its roots: it says which of them signed the
// certificates of a chain. Names and signatures are judged here; dates and the rest by
// dane/pkix.ts, at any time and for any part of the chain.
import { fromHex } from '../base/bytes.ts';
import type { Chain, ChainCertificate } from '../dane/chain.ts';
import type { TrustedIssuers } from '../dane/pkix.ts';
import { certificateFacts, isSignedBy, parseNative } from './chain.ts';

export interface TrustStore {
  /** What the store has to say about these chains. */
  issuersOf(chains: readonly Chain[]): TrustedIssuers;
}

/** A limit for runs over thousands of hosts, whose chains may contain anything. */
const MOST_KNOWN = 1024;

/** Certificates that OpenSSL cannot read sign nothing. */
export function trustStore(ders: readonly Uint8Array[]): TrustStore {
  const roots = ders.flatMap((der) => {
    const native = parseNative(der);
    return native === undefined ? [] : [{ der, native }];
  });
  // The same chains are met at every look.
  const known = new Map<string, readonly ChainCertificate[]>();
  const issuersOfOne = (hex: string): readonly ChainCertificate[] => {
    const before = known.get(hex);
    if (before !== undefined) return before;
    const subject = parseNative(fromHex(hex));
    const issuers = roots
      .filter(({ native }) => subject !== undefined && isSignedBy(subject, native))
      .map(({ der }) => ({ ...certificateFacts(der, true), signedBy: [] }));
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(hex, issuers);
    return issuers;
  };
  return {
    issuersOf: (chains) => {
      const met = new Set(chains.flatMap(({ certificates }) => certificates.map(({ der }) => der)));
      return Object.fromEntries(
        [...met].flatMap((der) => {
          const issuers = issuersOfOne(der);
          return issuers.length === 0 ? [] : [[der, issuers]];
        }),
      );
    },
  };
}
