// Which records should be at an owner, whatever the laws allow at this moment.
import type { Chain } from '../../../dane/chain.ts';
import { sameLeaf } from '../../../dane/chain.ts';
import { tlsaFor } from '../../../dane/association.ts';
import { combinationFrom, namesAuthority, tlsaSet, tlsaValue } from '../../../dane/tlsa.ts';
import type { Combination, Tlsa } from '../../../dane/tlsa.ts';
import type { Fqdn } from '../../../dns/name.ts';
import type { Neighbour } from '../../law/facts.ts';
import { generationOf, ownersOf } from '../../law/facts.ts';
import type { OwnerView } from '../../law/owner-view.ts';
import type { Lineage, Policy, ServiceIntent } from '../../model.ts';
import { aheadGeneration, liveGeneration } from '../../model.ts';
import { NO_TLS } from '../../record/service-history.ts';
import { asksForTrust, losesTrust } from '../../law/pkix-trust.ts';
import { recordsOfAnchors } from './known-anchors.ts';
import type { OwnerState } from './owner-state.ts';

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

/** The records that one chain supplies in one combination; none if it cannot. */
export function recordsOf(
  chain: Chain,
  combination: Combination,
  policy: Pick<Policy, 'trustAnchors'>,
): Tlsa[] {
  const { usage, selector, matchingType } = combination;
  if (usage > 3 || selector > 1 || matchingType > 2) return [];
  const positions = namesAuthority(combination) ? anchors(chain, policy) : [0];
  return positions.flatMap((position) => {
    const certificate = chain.certificates[position];
    return certificate === undefined
      ? []
      : [tlsaValue(tlsaFor(certificate, usage, selector, matchingType))];
  });
}

/**
 * The records that a key alone supplies: before there is a certificate, only its SPKI is known
 * (usages 1 and 3).
 */
export function recordsOfKey(spki: string, combination: Combination): Tlsa[] {
  const { usage, selector, matchingType } = combination;
  if ((usage !== 1 && usage !== 3) || selector !== 1 || matchingType > 2) return [];
  return [tlsaValue(tlsaFor({ der: '', spki }, usage, selector, matchingType))];
}

/** Combinations of records that a client of this service may use. */
function usable(records: readonly Tlsa[], services: readonly ServiceIntent[]): Combination[] {
  const smtpOnly = services.every(({ smtpLike }) => smtpLike);
  return [
    ...new Set(
      records
        .filter(({ usage }) => usage <= 3)
        .map(({ combination }) => combination)
        .filter((combination) => !smtpOnly || !asksForTrust(combination)),
    ),
  ];
}

/**
 * Live chains that may get records: our own, and a foreign one only if it was read locally;
 * otherwise an attacker on the path could get a key into DNS (rule 25).
 */
function supportedLive({ endpoints, certificates }: OwnerView): Chain[] {
  return endpoints
    .flatMap(({ live }) => live)
    .filter((live): live is Chain => live !== NO_TLS)
    .filter((chain) =>
      certificates.some(
        ({ lineage, placed }) =>
          generationOf(chain, lineage) !== undefined ||
          placed.some((lies) => sameLeaf(lies, chain)),
      ),
    );
}

/** Whether holger is to have no records in DNS for now: the operator asked for that. */
export function isWithdrawn({ orders }: Lineage): boolean {
  return (
    orders?.offSince !== undefined ||
    orders?.leaving !== undefined ||
    orders?.emergency?.records === 'withdraw'
  );
}

/**
 * The same at one owner: only if all certificates with records there are withdrawn. While one is
 * not, clients check every chain there against its records, and a chain without a record of its own
 * could never be deployed.
 */
export function isWithdrawnAt(
  owner: Fqdn,
  all: readonly Pick<Neighbour, 'intent' | 'lineage'>[],
): boolean {
  const asking = all.filter(({ intent }) => intent.dane && ownersOf(intent).includes(owner));
  return asking.every(({ lineage }) => isWithdrawn(lineage));
}

/**
 * What should be at an owner while `staged` is on its way, or, without it, at the end. During a
 * rollover every live chain and the staged one get a record in every combination of the RRset,
 * whether holger wrote it or not (rule 20).
 */
export function desiredRecords(here: OwnerState, staged: Chain | undefined): readonly Tlsa[] {
  const { view } = here;
  const { owner, intent, facts, certificates } = view;
  // Beside a foreign record DANE continues, whatever the operator asks for: clients must find a
  // match there.
  const leaves = facts.lineage.orders?.leaving !== undefined;
  const withdrawn = isWithdrawnAt(owner, certificates) && foreignRecords(here).length === 0;
  if (leaves || withdrawn) return [];
  const lacks = staged && lackedBy(staged, view);
  const combinations = desiredCombinations(here, staged, lacks);
  const live = certificates.flatMap(({ lineage }) => liveGeneration(lineage)?.chain ?? []);
  const chains = staged === undefined ? live : [...supportedLive(view), ...live, staged];
  const records = combinations.flatMap((combination) => {
    const ofChains = chains.flatMap((chain) => recordsOf(chain, combination, intent.policy));
    const all = [...ofChains, ...ofAnchors(combination, ofChains, view)];
    // If the staged chain cannot supply the combination, a further record would only bind clients
    // to the chain that is to be replaced.
    return lacks?.(combination) === true
      ? all.filter((record) => here.records.includes(record))
      : all;
  });
  const next = intent.strategy === 'prepublished' ? aheadGeneration(facts.lineage) : undefined;
  const early =
    next === undefined
      ? []
      : combinations.flatMap((combination) => recordsOfKey(next.spki, combination));
  return tlsaSet([...records, ...early]);
}

/** Beside those of chains and never alone: a combination that no chain satisfies is of no use. */
function ofAnchors(
  combination: Combination,
  ofChains: readonly Tlsa[],
  { certificates }: OwnerView,
): Tlsa[] {
  if (ofChains.length === 0) return [];
  return certificates
    .filter(({ lineage }) => !isWithdrawn(lineage))
    .flatMap((one) => recordsOfAnchors(one.intent, combination));
}

function foreignRecords({ view, records }: OwnerState): Tlsa[] {
  return records.filter((record) => !view.ours.has(record));
}

/** Those that are configured, and those that clients may use already (rule 20). */
function desiredCombinations(
  here: OwnerState,
  staged: Chain | undefined,
  lacks: ((combination: Combination) => boolean) | undefined,
): Combination[] {
  const { services, certificates, sendsTrustAnchors } = here.view;
  const foreign = foreignRecords(here);
  const present = usable(staged === undefined ? foreign : here.records, services);
  // The configuration enables usage 2 only when the CA certificates are really sent. The chains of
  // all certificates must satisfy the combinations of one (rule 19).
  const smtpOnly = services.every(({ smtpLike }) => smtpLike);
  const configured = certificates
    .filter((one) => one.intent.dane)
    .flatMap((one) => one.intent.policy.records.map(combinationFrom))
    .filter((combination) => !smtpOnly || !asksForTrust(combination))
    .filter((combination) => !namesAuthority(combination) || sendsTrustAnchors);
  const shared = usable(foreign, services);
  return [...new Set([...configured, ...present])].filter(
    (combination) => shared.includes(combination) || lacks?.(combination) !== true,
  );
}

/**
 * The combinations that `staged` cannot supply, or in which clients would refuse it whatever the
 * records are.
 */
function lackedBy(staged: Chain, view: OwnerView): (combination: Combination) => boolean {
  const untrusted = losesTrust(staged, view);
  return (combination) =>
    recordsOf(staged, combination, view.intent.policy).length === 0 ||
    (untrusted && asksForTrust(combination));
}

/**
 * Records of holger in combinations that `staged` cannot supply and no foreign record has: they are
 * removed before its deployment (rule 21).
 */
export function unsupplied(here: OwnerState, staged: Chain): Tlsa[] {
  const foreign = foreignRecords(here).map(({ combination }) => combination);
  const lacks = lackedBy(staged, here.view);
  return here.records.filter(
    ({ combination }) => !foreign.includes(combination) && lacks(combination),
  );
}

/**
 * Combinations that `staged` cannot supply: if a live chain satisfies them, only a person can
 * resolve it (rule 20).
 */
export function combinationsOutOfReach(view: OwnerView, staged: Chain): Combination[] {
  return usable(view.records, view.services).filter(lackedBy(staged, view));
}
