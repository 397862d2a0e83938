// A combination that clients use and for which the staged chain has no record: waiting cannot help,
// a person can (rule 20).
import type { Chain } from '../../../dane/chain.ts';
import { tlsaText } from '../../../dane/tlsa.ts';
import type { Combination, Tlsa } from '../../../dane/tlsa.ts';
import type { Reason } from '../../reasons.ts';
import { judge } from '../../law/laws.ts';
import type { EndpointLive, Live } from '../../law/laws.ts';
import type { OwnerView } from '../../law/owner-view.ts';
import { TRUST_HINT, asksForTrust, losesTrust } from '../../law/pkix-trust.ts';
import { combinationsOutOfReach, recordsOf } from './desired-records.ts';
import { textOf } from './owner-state.ts';

/**
 * Compared with the newest RRset: a record that is already published for the staged chain counts.
 */
export function outOfReach(
  view: OwnerView,
  staged: Chain,
  endpoints: readonly EndpointLive[],
): Reason | undefined {
  const { owner, records, now } = view;
  const window = { at: now, until: now };
  const isMatched = (chain: Live, endpoint: EndpointLive, combination: Combination): boolean =>
    judge(chain, records, endpoint, window).matched.has(combination);
  const lost = combinationsOutOfReach(view, staged).filter((combination) =>
    // No client can lose a combination that no live chain satisfies.
    endpoints.some(
      (endpoint) =>
        endpoint.live.some((live) => isMatched(live, endpoint, combination)) &&
        !isMatched(staged, endpoint, combination),
    ),
  );
  if (lost.length === 0) return undefined;
  const rule = 'every-combination';
  const which = `${textOf(lost)} at ${owner}, which clients use today`;
  if (lost.every(asksForTrust) && losesTrust(staged, view)) {
    const because = `the staged chain leads to no CA of the PKIX store, so it cannot match ${which}`;
    return { rule, because, hint: TRUST_HINT };
  }
  const because = `the staged chain can supply no record for ${which}`;
  const hint = [...howToSupply(lost, staged), howToWithdraw(lost, view)].join('; or ');
  return { rule, because, hint };
}

/** None, for a chain without CA certificates. */
function howToSupply(lost: readonly Combination[], staged: Chain): string[] {
  const records = lost.map((combination) =>
    recordsOf(staged, combination, { trustAnchors: 'chain' }),
  );
  if (records.some((some) => some.length === 0)) return [];
  return [
    'set trust_anchors = "chain", so that holger publishes it',
    `publish ${records.flat().map(tlsaText).join(' and ')} there by hand`,
  ];
}

function howToWithdraw(lost: readonly Combination[], { records, ours }: OwnerView): string {
  const isLost = ({ combination }: Tlsa): boolean => lost.includes(combination);
  const what = `the ${textOf(lost, ' and ')} records there`;
  const foreign = records.some((record) => isLost(record) && !ours.has(record));
  if (!records.every(isLost)) return `withdraw ${what} by hand: clients then use the others`;
  return foreign
    ? `set records = ["3 1 1"], and withdraw ${what} by hand when holger has published that`
    : `set records = ["3 1 1"]: holger publishes that, and then withdraws ${what}`;
}

/** At the canonical name: its operator must publish what the chain needs. */
export function notOursToWrite({ owner, intent, records }: OwnerView, staged: Chain): Reason {
  const service = intent.services.find((one) => one.owner === owner);
  const combinations = new Set(records.map(({ combination }) => combination));
  const needed = [...combinations].flatMap((combination) =>
    recordsOf(staged, combination, intent.policy),
  );
  const [base = ''] = service?.names ?? [];
  return {
    rule: 'base-domain',
    because: `the host of ${service?.id ?? ''} is an alias of ${base}, so clients look at ${owner} first`,
    hint:
      `publish ${needed.map(tlsaText).join(' and ')} there, or name ${base} itself in ` +
      'services',
  };
}
