// The certification path from the leaf to a CA of a PKIX store, for usages 0 and 1 (RFC 5280 §6).
// Signatures, dates, CA flags, path lengths and purposes are judged as for DANE-TA; revocation and
// name constraints are not checked.
import type { Chain, ChainCertificate } from './chain.ts';
import { notIssuerBecause, notLeafBecause } from './path.ts';
import type { Window } from './path.ts';

/**
 * The part of a PKIX store that matters for some chains: its certificates, by those that they
 * signed (DER in hex). It is valid for a chain however many of its certificates are sent, and for
 * any time. Plain JSON.
 */
export type TrustedIssuers = Readonly<Record<string, readonly ChainCertificate[]>>;

/**
 * The path that is valid during the whole window, leaf first, CA of the store last; undefined:
 * there is none.
 */
export function pkixPath(
  { certificates }: Chain,
  trusted: TrustedIssuers,
  window: Window,
): readonly ChainCertificate[] | undefined {
  const leaf = certificates[0];
  if (leaf === undefined || notLeafBecause(leaf, window) !== undefined) return undefined;
  // Breadth first, each certificate once: the shortest path has the fewest possible errors.
  const reached = new Set([leaf.der]);
  let paths: (readonly ChainCertificate[])[] = [[leaf]];
  while (paths.length > 0) {
    const longer: (readonly ChainCertificate[])[] = [];
    for (const path of paths) {
      const top = path.at(-1) ?? leaf;
      const mayFollow = (issuer: ChainCertificate): boolean =>
        !reached.has(issuer.der) && notIssuerBecause(issuer, path.length, window) === undefined;
      const anchor = (trusted[top.der] ?? []).find(mayFollow);
      if (anchor !== undefined) return [...path, anchor];
      for (const issuer of top.signedBy.flatMap((position) => certificates[position] ?? [])) {
        if (!mayFollow(issuer)) continue;
        reached.add(issuer.der);
        longer.push([...path, issuer]);
      }
    }
    paths = longer;
  }
  return undefined;
}
