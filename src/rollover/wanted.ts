// Which records should stand at an owner, whatever the laws allow at this moment.
import type { Chain } from '../dane/chain.ts';
import { tlsaFor } from '../dane/association.ts';
import { combinationOf, tlsaFromRdata, tlsaToRdata } from '../dane/tlsa.ts';
import type { Combination } from '../dane/tlsa.ts';
import type { Fqdn } from '../dns/name.ts';
import type { RdataHex } from '../dns/rrset.ts';
import { rdataSet } from '../dns/rrset.ts';
import type { Facts, Neighbour } from './facts.ts';
import {
  certificatesAt,
  generationOf,
  liveAt,
  ownersOf,
  sameLeaf,
  sendsTrustAnchors,
} from './facts.ts';
import type { Intent, Lineage, Policy, ServiceIntent } from './model.ts';
import { aheadGeneration, liveGeneration } from './model.ts';
import { NO_TLS } from './sightings.ts';

/** Positions of the CA certificates that the policy names, in a chain as it is sent. */
function anchors(chain: Chain, policy: Pick<Policy, 'trustAnchors'>): number[] {
  const authorities = chain.certificates.flatMap(({ canSign }, position) =>
    canSign && position > 0 ? [position] : [],
  );
  switch (policy.trustAnchors) {
    case 'chain':
      return authorities;
    case 'issuer': {
      const issuers = chain.certificates[0]?.signedBy ?? [];
      return authorities.filter((position) => issuers.includes(position)).slice(0, 1);
    }
    case 'top':
      return authorities.slice(-1);
    case 'none':
      return [];
  }
}

/** The records that one chain supplies in one combination; none when it cannot. */
export function recordsOf(
  chain: Chain,
  combination: Combination,
  policy: Pick<Policy, 'trustAnchors'>,
): RdataHex[] {
  const [usage = NaN, selector = NaN, matchingType = NaN] = combination.split(' ').map(Number);
  if (usage > 3 || selector > 1 || matchingType > 2) return [];
  const positions = usage === 0 || usage === 2 ? anchors(chain, policy) : [0];
  return positions.flatMap((position) => {
    const certificate = chain.certificates[position];
    return certificate === undefined
      ? []
      : [tlsaToRdata(tlsaFor(certificate, usage, selector, matchingType))];
  });
}

/** The records that a key alone supplies: before there is a certificate, only its SPKI is known (usages 1 and 3). */
export function recordsOfKey(spki: string, combination: Combination): RdataHex[] {
  const [usage = NaN, selector = NaN, matchingType = NaN] = combination.split(' ').map(Number);
  if ((usage !== 1 && usage !== 3) || selector !== 1 || matchingType > 2) return [];
  return [tlsaToRdata(tlsaFor({ der: '', spki }, usage, selector, matchingType))];
}

/** Combinations of records that a client of this service may use. */
function usable(content: readonly RdataHex[], services: readonly ServiceIntent[]): Combination[] {
  const smtpOnly = services.every(({ smtpLike }) => smtpLike);
  return [
    ...new Set(
      content
        .flatMap((rdata) => tlsaFromRdata(rdata) ?? [])
        .filter(({ usage }) => usage <= 3 && (!smtpOnly || usage >= 2))
        .map(combinationOf),
    ),
  ];
}

/**
 * Live chains that may get records: our own, and one that we did not issue only when it was read locally, or else whoever
 * sits on the path would have his key signed into DNS (rule 25).
 */
function supportedLive(owner: Fqdn, intent: Intent, facts: Facts): Chain[] {
  const all = certificatesAt(owner, intent, facts);
  return liveAt(owner, intent, facts)
    .flatMap(({ live }) => live)
    .filter((live): live is Chain => live !== NO_TLS)
    .filter((chain) =>
      all.some(
        ({ lineage, placed }) =>
          generationOf(chain, lineage) !== undefined ||
          placed.some((lies) => sameLeaf(lies, chain)),
      ),
    );
}

/** Whether no record of ours is to stand in DNS for now: the operator said so. */
export function isWithdrawn({ orders }: Lineage): boolean {
  return orders?.offSince !== undefined || orders?.emergency?.records === 'withdraw';
}

/** The same for one certificate at one owner; one without records of its own goes by those that have them. */
export function isWithdrawnAt(
  owner: Fqdn,
  one: Pick<Neighbour, 'intent' | 'lineage'>,
  all: readonly Pick<Neighbour, 'intent' | 'lineage'>[],
): boolean {
  const asking = one.intent.dane
    ? [one]
    : all.filter(({ intent }) => intent.dane && ownersOf(intent).includes(owner));
  return asking.every(({ lineage }) => isWithdrawn(lineage));
}

/**
 * What should stand at an owner while `staged` is on its way, or, without it, when all is done. During a rollover every live
 * chain and the staged one get a record in every combination that the RRset holds, whoever wrote it (rule 20).
 */
export function wantedAt(
  owner: Fqdn,
  content: readonly RdataHex[],
  ours: readonly RdataHex[],
  staged: Chain | undefined,
  intent: Intent,
  facts: Facts,
): readonly RdataHex[] {
  const { policy } = intent;
  const services = intent.services.filter((service) => service.owner === owner);
  const foreign = content.filter((rdata) => !ours.includes(rdata));
  // Beside a foreign record DANE goes on, whatever the operator says: clients must find a match there.
  const all = certificatesAt(owner, intent, facts);
  const own = { intent, lineage: facts.lineage };
  if (isWithdrawnAt(owner, own, all) && foreign.length === 0) return [];
  const present = usable(staged === undefined ? foreign : content, services);
  // Usage 2 is asked for by configuration only once the CA certificates are really sent.
  // A combination of one certificate has to be satisfied by the chains of all (rule 19).
  const configured = all
    .filter((one) => one.intent.dane)
    .flatMap((one) => one.intent.policy.records)
    .filter(
      (combination) => !/^[02] /.test(combination) || sendsTrustAnchors(owner, intent, facts),
    );
  const shared = usable(foreign, services);
  const combinations = [...new Set([...configured, ...present])].filter(
    (combination) =>
      staged === undefined ||
      shared.includes(combination) ||
      recordsOf(staged, combination, policy).length > 0,
  );
  const current = all.flatMap(({ lineage }) => liveGeneration(lineage)?.chain ?? []);
  const chains =
    staged === undefined ? current : [...supportedLive(owner, intent, facts), ...current, staged];
  const records = chains.flatMap((chain) =>
    combinations.flatMap((combination) => recordsOf(chain, combination, policy)),
  );
  const next = intent.strategy === 'prepublished' ? aheadGeneration(facts.lineage) : undefined;
  const early =
    next === undefined
      ? []
      : combinations.flatMap((combination) => recordsOfKey(next.spki, combination));
  return rdataSet([...records, ...early]);
}

/** Records of ours in combinations that `staged` cannot supply and nobody else shares: they go before it is deployed (rule 21). */
export function unsupplied(
  content: readonly RdataHex[],
  ours: readonly RdataHex[],
  staged: Chain,
  policy: Policy,
): RdataHex[] {
  const nameOf = (rdata: RdataHex): Combination | undefined => {
    const tlsa = tlsaFromRdata(rdata);
    return tlsa === undefined ? undefined : combinationOf(tlsa);
  };
  const foreign = content.filter((rdata) => !ours.includes(rdata)).map(nameOf);
  return content.filter((rdata) => {
    const combination = nameOf(rdata);
    return (
      combination !== undefined &&
      !foreign.includes(combination) &&
      recordsOf(staged, combination, policy).length === 0
    );
  });
}

/** Combinations that a live chain satisfies today and that `staged` cannot supply: only a person can resolve it (rule 20). */
export function combinationsOutOfReach(
  content: readonly RdataHex[],
  staged: Chain,
  services: readonly ServiceIntent[],
  policy: Policy,
): Combination[] {
  return usable(content, services).filter(
    (combination) => recordsOf(staged, combination, policy).length === 0,
  );
}
