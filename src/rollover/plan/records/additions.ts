// The law of publishing for additions at one owner: which of the wanted records may be written now.
import type { Chain } from '../../../dane/chain.ts';
import { tlsaSet } from '../../../dane/tlsa.ts';
import type { Combination, Tlsa } from '../../../dane/tlsa.ts';
import type { Fqdn } from '../../../dns/name.ts';
import type { Reason } from '../../reasons.ts';
import { justMet } from '../../law/just-met.ts';
import { breachesOfPublishing } from '../../law/laws.ts';
import type { Breach, EndpointLive } from '../../law/laws.ts';
import type { OwnerView } from '../../law/owner-view.ts';
import { atOwner, byCombination, editOf, refusal, underWay } from './owner-state.ts';
import type { OwnerState, Publication } from './owner-state.ts';
import { firstAtAlias, recordOfStranger, strangerMayLose } from '../../law/shared-owners.ts';
import { TRUST_HINT, asksForTrust, untrusted } from '../../law/pkix-trust.ts';
import { cacheLife } from '../../record/versions.ts';
import { desiredRecords } from './desired-records.ts';

/**
 * The records to add now. Combinations are tried one by one, so that one that is not allowed yet (2
 * 1 1 before the CA certificates are sent) does not delay the others.
 */
export function planAdditions(view: OwnerView, staged: Chain | undefined): Publication {
  return atOwner(view, (here) => additionsAt(here, staged));
}

function additionsAt(here: OwnerState, staged: Chain | undefined): Publication {
  const { view, records } = here;
  const { owner, endpoints, intent, now } = view;
  const missing = desiredRecords(here, staged).filter((record) => !records.includes(record));
  if (missing.length === 0) return { reasons: [] };
  const first = firstAtAlias(here);
  if (first !== undefined) return { reasons: [first], person: true };
  const pending = underWay(here);
  if (pending !== undefined) return pending;
  const reasons: Reason[] = [];
  const refusedForGood: Reason[] = [];
  const stranger = recordOfStranger(here);
  const ttl = ttlFor(here);
  const window = { at: now, until: now + cacheLife(ttl, intent.policy) };
  let add: Tlsa[] = [];
  for (const [combination, group] of byCombination(missing)) {
    if (stranger !== undefined && !stands(combination, records)) {
      refusedForGood.push(strangerMayLose(`${combination.text} stays out`, here));
      continue;
    }
    const to = tlsaSet([...records, ...add, ...group]);
    const breaches = [
      ...breachesOfPublishing({ from: records, to }, endpoints, window),
      ...unseenEndpoints(combination, here),
    ];
    const refused = asksForTrust(combination) ? untrusted(endpoints, now) : undefined;
    const unknown = breaches.length === 0 ? justMetHere(combination, here) : [];
    if (unknown.length > 0) reasons.push(...unknown);
    else if (breaches.length === 0) add = [...add, ...group];
    else if (refused !== undefined) refusedForGood.push(noTrust(owner, combination.text, refused));
    else reasons.push(refusal(owner, combination.text, breaches));
  }
  const all = [...reasons, ...refusedForGood];
  if (add.length > 0) return { edit: editOf(here, add, [], ttl), reasons: all };
  return { reasons: all, ...(reasons.length === 0 ? { resting: true } : {}) };
}

/** holger chooses the TTL only if all records are its own; foreign records keep theirs. */
function ttlFor({ view, current, records }: OwnerState): number {
  const alien = records.some((record) => !view.ours.has(record));
  return alien ? current.ttl : view.intent.policy.ttl;
}

function stands(combination: Combination, records: readonly Tlsa[]): boolean {
  return records.some((record) => record.combination === combination);
}

/**
 * The first records and every new combination need a handshake with each endpoint in this very run
 * (rule 16).
 */
function unseenEndpoints(combination: Combination, { view, records }: OwnerState): Breach[] {
  const { endpoints, facts } = view;
  if (stands(combination, records)) return [];
  return endpoints.flatMap(({ service, address }) => {
    if (!service.reachable || !service.running) return [];
    const seenAt = facts.services[service.id]?.endpoints[address]?.answeredAt ?? -Infinity;
    if (seenAt >= facts.lookedAt) return [];
    return [{ service: service.id, address, live: undefined, combinations: [combination] }];
  });
}

/**
 * The first records and every new combination need two handshakes with an endpoint that is known
 * anew (rule 16).
 */
function justMetHere(combination: Combination, { view, records }: OwnerState): Reason[] {
  if (stands(combination, records)) return [];
  return justMet(view.endpoints, view).map(({ because, until }) => ({
    rule: 'live-chains-satisfy-it',
    because: `${combination.text} at ${view.owner} must wait: ${because}`,
    until,
  }));
}

function noTrust(owner: Fqdn, what: string, { service, address }: EndpointLive): Reason {
  const because =
    `${what} at ${owner} is not added: ${service.id} at ${address} presents a chain that ` +
    'leads to no CA of the PKIX store';
  return { rule: 'live-chains-satisfy-it', because, hint: TRUST_HINT };
}
