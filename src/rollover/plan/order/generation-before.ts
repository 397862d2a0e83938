// The generation to which a rollback returns.
import type { Instant } from '../../../base/clock.ts';
import type { Chain } from '../../../dane/chain.ts';
import { sameLeaf } from '../../../dane/chain.ts';
import { liveGeneration } from '../../model.ts';
import type { Generation, Lineage } from '../../model.ts';
import { withdrawnBecause } from './revoked.ts';

/**
 * The last generation before the live one that is proven, valid, of another certificate, and not
 * compromised.
 */
export function generationBefore(
  lineage: Lineage,
  now: Instant,
): (Generation & { readonly chain: Chain }) | undefined {
  const live = liveGeneration(lineage);
  if (live === undefined) return undefined;
  return lineage.generations.findLast(
    (one): one is Generation & { readonly chain: Chain } =>
      one.number < live.number &&
      one.provenAt !== undefined &&
      one.compromised === undefined &&
      withdrawnBecause(one, lineage) === undefined &&
      one.chain !== undefined &&
      now < (one.chain.certificates[0]?.notAfter ?? 0) &&
      (live.chain === undefined || !sameLeaf(one.chain, live.chain)),
  );
}
