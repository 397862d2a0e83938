// The certification path from the leaf to a trust anchor among the certificates that were sent (RFC
// 5280 §6, for DANE-TA(2)).
import type { Instant } from '../base/clock.ts';
import { formatInstant } from '../base/clock.ts';
import type { Chain, ChainCertificate } from './chain.ts';

/**
 * A time span in which every certificate on the path must be valid; both ends the same for "now".
 */
export interface Window {
  readonly at: Instant;
  readonly until: Instant;
}

interface Dated {
  readonly notBefore: Instant;
  readonly notAfter: Instant;
}

/** Why the certificate is not valid during the whole window; undefined when it is. */
function notValidBecause(certificate: Dated, window: Window): string | undefined {
  if (certificate.notAfter <= certificate.notBefore) return 'has dates that cannot be read';
  if (certificate.notBefore > window.at) {
    return `is not valid before ${formatInstant(certificate.notBefore)}`;
  }
  if (certificate.notAfter < window.until) {
    return `is not valid after ${formatInstant(certificate.notAfter)}`;
  }
  return undefined;
}

type Issuer = Pick<ChainCertificate, 'canSign' | 'pathLength' | 'serverAuth'> & Dated;

/** Why this certificate cannot be `depth` steps above the leaf; undefined if it can. */
export function notIssuerBecause(
  issuer: Issuer,
  depth: number,
  window: Window,
): string | undefined {
  if (!issuer.canSign) return 'is not a CA certificate';
  // Self-issued certificates would not count (RFC 5280 §4.2.1.9); counting them errs on the strict
  // side.
  if (issuer.pathLength !== undefined && depth - 1 > issuer.pathLength) {
    return `allows ${issuer.pathLength} intermediate certificates, not ${depth - 1}`;
  }
  if (issuer.serverAuth === false) return 'is not for TLS servers';
  return notValidBecause(issuer, window);
}

/** Why the leaf cannot be the bottom of a path; undefined when it can. */
export function notLeafBecause(leaf: ChainCertificate, window: Window): string | undefined {
  return leaf.serverAuth === false ? 'is not for TLS servers' : notValidBecause(leaf, window);
}

export interface Paths {
  /** Steps from the leaf by position: 0 for the leaf, absent if there is no path. */
  readonly depths: ReadonlyMap<number, number>;
  /** Why certificates that signed one on a path are not on a path themselves, by position. */
  readonly refused: ReadonlyMap<number, string>;
}

/**
 * Every certificate on a valid path above the leaf, with its smallest depth: the one at which path
 * length constraints are easiest to satisfy. Breadth first, so a hostile chain of hundreds of
 * cross-signed certificates costs no more than its edges.
 */
export function pathsFromLeaf(chain: Chain, window: Window): Paths {
  const { certificates } = chain;
  const depths = new Map<number, number>();
  const refused = new Map<number, string>();
  const leaf = certificates[0];
  if (leaf === undefined) return { depths, refused };
  const wrong = notLeafBecause(leaf, window);
  if (wrong !== undefined) return { depths, refused: refused.set(0, wrong) };
  depths.set(0, 0);
  for (let level = [0], depth = 1; level.length > 0; depth++) {
    const next: number[] = [];
    for (const position of level.flatMap((below) => certificates[below]?.signedBy ?? [])) {
      const issuer = certificates[position];
      // The leaf sent a second time is still the leaf.
      if (issuer === undefined || depths.has(position) || issuer.der === leaf.der) continue;
      const reason = notIssuerBecause(issuer, depth, window);
      if (reason === undefined) {
        depths.set(position, depth);
        next.push(position);
      } else {
        refused.set(position, reason);
      }
    }
    level = next;
  }
  return { depths, refused };
}
