// Which records should stand at an owner, whatever the laws allow at this moment.
import type { Instant } from '../../../base/clock.ts';
import type { Chain } from '../../../dane/chain.ts';
import { sameLeaf } from '../../../dane/chain.ts';
import { tlsaFor } from '../../../dane/association.ts';
import { combinationOf, tlsaFromRdata, tlsaToRdata } from '../../../dane/tlsa.ts';
import type { Combination } from '../../../dane/tlsa.ts';
import type { Fqdn } from '../../../dns/name.ts';
import type { RdataHex } from '../../../dns/rrset.ts';
import { rdataSet } from '../../../dns/rrset.ts';
import type { Facts, Neighbour } from '../../law/facts.ts';
import {
  certificatesAt,
  generationOf,
  liveAt,
  ownersOf,
  sendsTrustAnchors,
  sharingWith,
} from '../../law/facts.ts';
import type { Intent, Lineage, Policy, ServiceIntent } from '../../model.ts';
import { aheadGeneration, liveGeneration } from '../../model.ts';
import { NO_TLS } from '../../record/service-history.ts';
import { asksForTrust, losesTrust } from '../../law/pkix-trust.ts';

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

/**
 * The records that a key alone supplies: before there is a certificate, only its SPKI is known
 * (usages 1 and 3).
 */
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
        .filter(({ usage }) => usage <= 3)
        .map(combinationOf)
        .filter((combination) => !smtpOnly || !asksForTrust(combination)),
    ),
  ];
}

/**
 * Live chains that may get records: our own, and one that we did not issue only when it was read
 * locally, or else whoever sits on the path would have his key signed into DNS (rule 25).
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
  return (
    orders?.offSince !== undefined ||
    orders?.leaving !== undefined ||
    orders?.emergency?.records === 'withdraw'
  );
}

/**
 * The same for one certificate at one owner; one without records of its own goes by those that have
 * them.
 */
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
 * What should stand at an owner while `staged` is on its way, or, without it, when all is done.
 * During a rollover every live chain and the staged one get a record in every combination that the
 * RRset holds, whoever wrote it (rule 20).
 */
export function wantedAt(
  owner: Fqdn,
  content: readonly RdataHex[],
  ours: readonly RdataHex[],
  staged: Chain | undefined,
  intent: Intent,
  facts: Facts,
  now: Instant,
): readonly RdataHex[] {
  const { policy } = intent;
  const here = sharingWith(owner, facts);
  const services = intent.services.filter((service) => here.includes(service.owner));
  const foreign = content.filter((rdata) => !ours.includes(rdata));
  // Beside a foreign record DANE goes on, whatever the operator says: clients must find a match
  // there.
  const all = certificatesAt(owner, intent, facts);
  const own = { intent, lineage: facts.lineage };
  const leaves = facts.lineage.orders?.leaving !== undefined;
  if (leaves || (isWithdrawnAt(owner, own, all) && foreign.length === 0)) return [];
  const present = usable(staged === undefined ? foreign : content, services);
  // Usage 2 is asked for by configuration only once the CA certificates are really sent.
  // A combination of one certificate has to be satisfied by the chains of all (rule 19).
  const smtpOnly = services.every(({ smtpLike }) => smtpLike);
  const configured = all
    .filter((one) => one.intent.dane)
    .flatMap((one) => one.intent.policy.records)
    .filter((combination) => !smtpOnly || !asksForTrust(combination))
    .filter(
      (combination) => !/^[02] /.test(combination) || sendsTrustAnchors(owner, intent, facts),
    );
  const shared = usable(foreign, services);
  const lacks = staged && lackedBy(staged, owner, intent, facts, now);
  const combinations = [...new Set([...configured, ...present])].filter(
    (combination) => shared.includes(combination) || lacks?.(combination) !== true,
  );
  const current = all.flatMap(({ lineage }) => liveGeneration(lineage)?.chain ?? []);
  const chains =
    staged === undefined ? current : [...supportedLive(owner, intent, facts), ...current, staged];
  const records = chains.flatMap((chain) =>
    combinations.flatMap((combination) => {
      const own = recordsOf(chain, combination, policy);
      // Where the staged chain has nothing to offer, a further record would only bind clients to
      // what is to be replaced.
      return lacks?.(combination) === true ? own.filter((rdata) => content.includes(rdata)) : own;
    }),
  );
  const next = intent.strategy === 'prepublished' ? aheadGeneration(facts.lineage) : undefined;
  const early =
    next === undefined
      ? []
      : combinations.flatMap((combination) => recordsOfKey(next.spki, combination));
  return rdataSet([...records, ...early]);
}

/**
 * The combinations that `staged` cannot supply, or in which clients would refuse it whatever record
 * there is.
 */
function lackedBy(
  staged: Chain,
  owner: Fqdn,
  intent: Intent,
  facts: Facts,
  now: Instant,
): (combination: Combination) => boolean {
  const untrusted = losesTrust(staged, owner, intent, facts, now);
  return (combination) =>
    recordsOf(staged, combination, intent.policy).length === 0 ||
    (untrusted && asksForTrust(combination));
}

/**
 * Records of ours in combinations that `staged` cannot supply and nobody else shares: they go
 * before it is deployed (rule 21).
 */
export function unsupplied(
  owner: Fqdn,
  content: readonly RdataHex[],
  staged: Chain,
  intent: Intent,
  facts: Facts,
  now: Instant,
): RdataHex[] {
  const ours = facts.owners[owner]?.ours ?? [];
  const nameOf = (rdata: RdataHex): Combination | undefined => {
    const tlsa = tlsaFromRdata(rdata);
    return tlsa === undefined ? undefined : combinationOf(tlsa);
  };
  const foreign = content.filter((rdata) => !ours.includes(rdata)).map(nameOf);
  const lacks = lackedBy(staged, owner, intent, facts, now);
  return content.filter((rdata) => {
    const combination = nameOf(rdata);
    return combination !== undefined && !foreign.includes(combination) && lacks(combination);
  });
}

/**
 * Combinations that `staged` cannot supply: where a live chain satisfies them only a person can
 * resolve it (rule 20).
 */
export function combinationsOutOfReach(
  owner: Fqdn,
  content: readonly RdataHex[],
  staged: Chain,
  intent: Intent,
  facts: Facts,
  now: Instant,
): Combination[] {
  const here = sharingWith(owner, facts);
  const services = intent.services.filter((service) => here.includes(service.owner));
  return usable(content, services).filter(lackedBy(staged, owner, intent, facts, now));
}
