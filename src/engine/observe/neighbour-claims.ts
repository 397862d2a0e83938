// Records that other certificates of this installation want at an owner: a record is superseded
// only if none of them wants it (rule 19).
import { combinationFrom } from '../../dane/tlsa.ts';
import type { Tlsa } from '../../dane/tlsa.ts';
import type { RdataHex } from '../../dns/rrset.ts';
import { ownersOf } from '../../rollover/law/facts.ts';
import type { Neighbour } from '../../rollover/law/facts.ts';
import type { Generation, Intent } from '../../rollover/model.ts';
import {
  isWithdrawn,
  isWithdrawnAt,
  recordsOf,
  recordsOfKey,
} from '../../rollover/plan/records/desired-records.ts';
import { recordsOfAnchors } from '../../rollover/plan/records/known-anchors.ts';

export function claimsOfOthers(
  own: Pick<Neighbour, 'intent' | 'lineage'>,
  neighbours: readonly Neighbour[],
): Readonly<Record<string, readonly RdataHex[]>> {
  const claims: Record<string, RdataHex[]> = {};
  for (const neighbour of neighbours) {
    const { intent, lineage, placed } = neighbour;
    const lying = placed.map((chain) => ({ chain, spki: '', state: 'live' as const }));
    const anchors = isWithdrawn(lineage)
      ? []
      : intent.policy.records
          .map(combinationFrom)
          .flatMap((combination) => recordsOfAnchors(intent, combination));
    const ofChains = [...lineage.generations, ...lying].flatMap((one) => wantedFor(one, intent));
    const records = [...ofChains, ...anchors].map(({ rdata }) => rdata);
    for (const owner of ownersOf(intent)) {
      // If the operator withdraws DANE for two certificates, neither keeps the records of the
      // other.
      if (isWithdrawnAt(owner, [own, ...neighbours])) continue;
      claims[owner] = [...(claims[owner] ?? []), ...records];
    }
  }
  return claims;
}

/**
 * In every combination in which a record of it may exist, configured or because of a foreign record
 * (rule 20).
 */
function wantedFor(
  { state, chain, spki }: Pick<Generation, 'state' | 'chain' | 'spki'>,
  { policy }: Intent,
): Tlsa[] {
  if (state === 'retired') return [];
  const combinations = new Set([
    ...policy.records,
    ...['3 1 1', '3 1 2', '3 0 1', '2 1 1', '2 0 1'],
    ...['1 1 1', '1 0 1', '0 1 1', '0 0 1'],
  ]);
  return [...combinations]
    .map(combinationFrom)
    .flatMap((combination) =>
      chain === undefined ? recordsOfKey(spki, combination) : recordsOf(chain, combination, policy),
    );
}
