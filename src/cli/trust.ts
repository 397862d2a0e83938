// A PKIX trust store from a PEM file, for usages 0 and 1: the path from the leaf to a certificate of the store (RFC 5280 §6). Signatures, dates,
// CA flags, path lengths and purposes are judged as for DANE-TA; revocation and name constraints are not looked at.
import type { Instant } from '../base/clock.ts';
import { fromHex } from '../base/bytes.ts';
import type { Chain, ChainCertificate } from '../dane/chain.ts';
import { notIssuerBecause, notLeafBecause } from '../dane/path.ts';
import { chainFromDer } from '../x509/chain.ts';

/** The validated path, leaf first, trust anchor last; undefined: the chain leads to none. */
export function pkixFrom(
  store: readonly Uint8Array[],
  at: Instant,
): (chain: Chain) => readonly ChainCertificate[] | undefined {
  const window = { at, until: at };
  return (chain) => {
    const sent = chain.certificates.map((certificate) => fromHex(certificate.der));
    const { certificates } = chainFromDer([...sent, ...store]);
    const leaf = certificates[0];
    if (leaf === undefined || notLeafBecause(leaf, window) !== undefined) return undefined;
    const trusted = new Set(certificates.slice(sent.length).map((certificate) => certificate.der));
    // Breadth first, each certificate once: the shortest path is the one with the least to go wrong.
    const reached = new Set([leaf.der]);
    let paths: (readonly ChainCertificate[])[] = [[leaf]];
    while (paths.length > 0) {
      const longer: (readonly ChainCertificate[])[] = [];
      for (const path of paths) {
        const top = path.at(-1) ?? leaf;
        if (path.length > 1 && trusted.has(top.der)) return path;
        for (const position of top.signedBy) {
          const issuer = certificates[position];
          if (issuer === undefined || reached.has(issuer.der)) continue;
          if (notIssuerBecause(issuer, path.length, window) !== undefined) continue;
          reached.add(issuer.der);
          longer.push([...path, issuer]);
        }
      }
      paths = longer;
    }
    return undefined;
  };
}
