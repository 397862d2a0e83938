// Chains that the CA has revoked, or wants replaced early: they are never deployed again, by any
// operation (rule 29).
import { formatInstant } from '../../../base/clock.ts';
import type { Instant } from '../../../base/clock.ts';
import type { Chain } from '../../../dane/chain.ts';
import { sameLeaf } from '../../../dane/chain.ts';
import type { Generation, Lineage } from '../../model.ts';
import type { SuggestedWindow, Validity } from './renewal.ts';

/** When the certificate of a chain was revoked, under any generation number. */
export function revokedAt(chain: Chain | undefined, lineage: Lineage): Instant | undefined {
  if (chain === undefined) return undefined;
  return lineage.generations.find(
    (one) => one.revokedAt !== undefined && one.chain !== undefined && sameLeaf(one.chain, chain),
  )?.revokedAt;
}

/** Why a certificate must not be deployed again, although its dates are valid. */
export function withdrawnBecause(generation: Generation, lineage: Lineage): string | undefined {
  const { chain, recalledAt } = generation;
  const revoked = revokedAt(chain, lineage);
  if (revoked !== undefined) return `was revoked at ${formatInstant(revoked)}`;
  if (recalledAt === undefined) return undefined;
  return (
    `may be revoked: since ${formatInstant(recalledAt)} the CA asks for its early ` +
    'renewal (ARI)'
  );
}

/** Of the lifetime: CAs move windows a little to spread their load. */
const MOVED = 1 / 20;
/** Of the lifetime: no CA lets the usual window of a certificate end so soon. */
const EARLY = 1 / 4;

/**
 * Whether the CA moved the renewal window of a certificate into the past: this announces a
 * revocation, past or future (RFC 9773 §1). A window that has only passed does not. Where no
 * earlier window is known, one counts that ended early and that the CA explains (RFC 9773 §4.2).
 */
export function isRecalled(
  first: Generation['firstWindow'],
  window: Pick<SuggestedWindow, 'start' | 'end' | 'explanationUrl'>,
  { notBefore, notAfter }: Validity,
  now: Instant,
): boolean {
  if (window.end > now) return false;
  const lifetime = notAfter - notBefore;
  if (first !== undefined) return Math.abs(window.start - first.start) > lifetime * MOVED;
  return window.explanationUrl !== undefined && window.end < notBefore + lifetime * EARLY;
}

/** Every generation with the same certificate: one that was deployed again is a copy. */
export function sharingLeaf({ chain }: Generation, lineage: Lineage): Generation[] {
  return lineage.generations.filter(
    (one) => chain !== undefined && one.chain !== undefined && sameLeaf(one.chain, chain),
  );
}
