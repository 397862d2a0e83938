// Chains that the CA has revoked, or asks to be replaced out of turn: they are deployed no more, by
// nothing (the laws, rule 29).
import { formatInstant } from '../../../base/clock.ts';
import type { Instant } from '../../../base/clock.ts';
import type { Chain } from '../../../dane/chain.ts';
import { sameLeaf } from '../../../dane/chain.ts';
import type { Generation, Lineage } from '../../model.ts';
import type { SuggestedWindow, Validity } from './renewal.ts';

/** When the certificate of a chain was revoked, under whatever number it stands. */
export function revokedAt(chain: Chain | undefined, lineage: Lineage): Instant | undefined {
  if (chain === undefined) return undefined;
  return lineage.generations.find(
    (one) => one.revokedAt !== undefined && one.chain !== undefined && sameLeaf(one.chain, chain),
  )?.revokedAt;
}

/** Why a certificate is not to be deployed again, though it is valid by its dates. */
export function withdrawnBecause(generation: Generation, lineage: Lineage): string | undefined {
  const { chain, recalledAt } = generation;
  const revoked = revokedAt(chain, lineage);
  if (revoked !== undefined) return `was revoked at ${formatInstant(revoked)}`;
  if (recalledAt === undefined) return undefined;
  return `may be revoked: since ${formatInstant(recalledAt)} the CA asks for its renewal out of turn (ARI)`;
}

/** Of the lifetime: CAs move windows a little to spread their load. */
const MOVED = 1 / 20;

/**
 * Whether the CA moved the renewal window of a certificate into the past: that is how it says that
 * it is, or will be, revoked (RFC 9773 §1). A window that only went by is none of that.
 */
export function isRecalled(
  first: Generation['firstWindow'],
  window: Pick<SuggestedWindow, 'start' | 'end'>,
  { notBefore, notAfter }: Validity,
  now: Instant,
): boolean {
  if (first === undefined || window.end > now) return false;
  return Math.abs(window.start - first.start) > (notAfter - notBefore) * MOVED;
}

/** Every generation with the same certificate: one that was brought back is a copy. */
export function sharingLeaf({ chain }: Generation, lineage: Lineage): Generation[] {
  return lineage.generations.filter(
    (one) => chain !== undefined && one.chain !== undefined && sameLeaf(one.chain, chain),
  );
}
