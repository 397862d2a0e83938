// Records of CA certificates of which the operator says that chains of an issuer lead to them. They
// are published beside those of the live chain, so that the next issuer of a list can take over
// without a wait for caches. For the laws they are records like all others: more of a combination
// that is present harm no client.
import { tlsaFor } from '../../../dane/association.ts';
import { combinationFrom, tlsaValue } from '../../../dane/tlsa.ts';
import type { Combination, Tlsa } from '../../../dane/tlsa.ts';
import type { Fqdn } from '../../../dns/name.ts';
import type { Intent } from '../../model.ts';
import type { Reason } from '../../reasons.ts';

type Publishing = Pick<Intent, 'anchors' | 'anchorsUnread' | 'dane' | 'policy'>;

/** Whether it publishes records of usage 2. */
function namesAnchors({ dane, policy: { records, trustAnchors } }: Publishing): boolean {
  return (
    dane && trustAnchors !== 'none' && records.map(combinationFrom).some(({ usage }) => usage === 2)
  );
}

/** In one combination; none unless it is one of usage 2, and the certificate publishes such. */
export function recordsOfAnchors(intent: Publishing, combination: Combination): Tlsa[] {
  const { usage, selector, matchingType } = combination;
  if (usage !== 2 || selector > 1 || matchingType > 2 || !namesAnchors(intent)) return [];
  const { anchors = [] } = intent;
  return anchors.map((anchor) => tlsaValue(tlsaFor(anchor, usage, selector, matchingType)));
}

/**
 * Why no record of a CA is superseded at an owner: what the file names is unknown, which is not the
 * same as nothing.
 */
export function anchorsUnread(owner: Fqdn, intents: readonly Publishing[]): Reason | undefined {
  const [why] = intents.flatMap((one) => (namesAnchors(one) ? (one.anchorsUnread ?? []) : []));
  if (why === undefined) return undefined;
  return {
    rule: 'anchors-are-known',
    because: `superseded records of trust anchors stay at ${owner}: ${why}`,
    hint: 'fix what holger config check reports of trust_anchor_file',
  };
}
