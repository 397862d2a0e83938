// The law of publishing, asked for one owner: which part of what is wanted may be written now.
import type { Instant } from '../base/clock.ts';
import type { Chain } from '../dane/chain.ts';
import type { Combination } from '../dane/tlsa.ts';
import type { Fqdn } from '../dns/name.ts';
import type { RdataHex } from '../dns/rrset.ts';
import { rdataSet } from '../dns/rrset.ts';
import { servedInstead } from './bases.ts';
import { serversAreSilent } from './decision.ts';
import type { Edit, Reason } from './decision.ts';
import type { Facts } from './facts.ts';
import { certificatesAt, liveAt, sameLeaf, sharingWith } from './facts.ts';
import { breachesOfPublishing, judge } from './laws.ts';
import type { Breach, EndpointLive, Live } from './laws.ts';
import { liveGeneration } from './model.ts';
import type { Intent } from './model.ts';
import { NO_TLS } from './sightings.ts';
import { firstAtAlias, recordOfStranger, strangerMayLose } from './strangers.ts';
import { TRUST_HINT, asksForTrust, untrusted } from './trust.ts';
import { cacheLife, newestVersion } from './versions.ts';
import type { OwnerHistory, Version } from './history.ts';
import { isWithdrawnAt, unsupplied, wantedAt } from './wanted.ts';

/** After this long without a trace a write is sent again; its prerequisite makes that harmless. */
const RESEND_AFTER = 5;

export interface Publication {
  readonly edit?: Edit;
  readonly reasons: readonly Reason[];
  /** Time does not change it; a foreign edit, another configuration or another setting of the service may. */
  readonly resting?: true;
  /** Only the operator's word can allow it. */
  readonly person?: true;
}

interface Situation {
  readonly history: OwnerHistory;
  readonly current: Version;
  readonly endpoints: readonly EndpointLive[];
  readonly wanted: readonly RdataHex[];
}

function situation(
  owner: Fqdn,
  staged: Chain | undefined,
  intent: Intent,
  facts: Facts,
  now: Instant,
): Situation | undefined {
  const history = facts.owners[owner];
  const current = history === undefined ? undefined : newestVersion(history);
  if (history === undefined || current === undefined) return undefined;
  const wanted = wantedAt(owner, current.content, history.ours, staged, intent, facts, now);
  return { history, current, endpoints: liveAt(owner, intent, facts), wanted };
}

/** A write of ours is on its way: the newest server still shows what it starts from. */
function underWay({ history, current }: Situation, now: Instant): Publication | undefined {
  const write = history.writes.findLast(
    ({ from, to }) => from === current.key && to !== current.key,
  );
  if (write === undefined || now - write.at >= RESEND_AFTER) return undefined;
  const because = `a write to ${history.target} was sent and is not served yet`;
  const section = 'RFC 2136 §3.7';
  return { reasons: [{ rule: 'write-is-seen', because, section }] };
}

/**
 * The records to add now. Combinations are tried one by one, so that a part which is not allowed yet (2 1 1 before the CA
 * certificates are sent) does not hold up the rest.
 */
export function planAdditions(
  owner: Fqdn,
  staged: Chain | undefined,
  intent: Intent,
  facts: Facts,
  now: Instant,
): Publication {
  const here = situation(owner, staged, intent, facts, now);
  if (here === undefined) return { reasons: [serversAreSilent(owner)] };
  const { history, current, endpoints, wanted } = here;
  const missing = wanted.filter((rdata) => !current.content.includes(rdata));
  if (missing.length === 0) return { reasons: [] };
  const first = firstAtAlias(here);
  if (first !== undefined) return { reasons: [first], person: true };
  const pending = underWay(here, now);
  if (pending !== undefined) return pending;
  const reasons: Reason[] = [];
  const refusedForGood: Reason[] = [];
  const stranger = recordOfStranger(here, now);
  const ttl = ttlFor(current, history, intent);
  const until = now + cacheLife(ttl, intent.policy);
  let add: RdataHex[] = [];
  for (const [combination, group] of byCombination(missing)) {
    if (stranger !== undefined && !stands(combination, current.content)) {
      refusedForGood.push(strangerMayLose(`${combination} stays out`, here));
      continue;
    }
    const to = rdataSet([...current.content, ...add, ...group]);
    const breaches = [
      ...breachesOfPublishing(current.content, to, endpoints, now, until),
      ...unseenEndpoints(combination, current.content, endpoints, facts),
    ];
    const refused = asksForTrust(combination) ? untrusted(endpoints, now) : undefined;
    if (breaches.length === 0) add = [...add, ...group];
    else if (refused !== undefined) refusedForGood.push(noTrust(owner, combination, refused));
    else reasons.push(refusal(owner, combination, breaches));
  }
  const all = [...reasons, ...refusedForGood];
  if (add.length > 0) return { edit: editOf(here, add, [], ttl), reasons: all };
  return { reasons: all, ...(reasons.length === 0 ? { resting: true } : {}) };
}

/** The superseded records of ours that may be withdrawn now; what a chain on its way needs is none of them. */
export function planRemovals(
  owner: Fqdn,
  staged: Chain | undefined,
  intent: Intent,
  facts: Facts,
  now: Instant,
): Publication {
  const here = situation(owner, staged, intent, facts, now);
  if (here === undefined) return { reasons: [serversAreSilent(owner)] };
  const { history, current, wanted } = here;
  const superseded = current.content.filter(
    (rdata) =>
      history.ours.includes(rdata) &&
      !wanted.includes(rdata) &&
      !claimedAt(owner, facts).includes(rdata),
  );
  if (superseded.length === 0) return { reasons: [] };
  const stranger = recordOfStranger(here, now);
  const remove = superseded.filter((rdata) => stranger === undefined || !rdata.startsWith('02'));
  if (remove.length === 0) {
    const reason = strangerMayLose('superseded records of trust anchors stay', here);
    return { reasons: [reason], resting: true };
  }
  const pending = underWay(here, now);
  if (pending !== undefined) return pending;
  const until = now + cacheLife(current.ttl, intent.policy);
  const all = certificatesAt(owner, intent, facts);
  const mayEnd = isWithdrawnAt(owner, { intent, lineage: facts.lineage }, all);
  const instead = servedInstead(owner, intent, facts, now);
  const allowed = removable(owner, remove, here, { mayEnd, instead, now, until });
  if ('edit' in allowed) return { edit: editOf(here, [], allowed.edit, current.ttl), reasons: [] };
  const live = all.flatMap(({ lineage }) => liveGeneration(lineage)?.chain ?? []);
  const resting = presentsOnly(live, here.endpoints);
  return { reasons: [allowed.reason], ...(resting ? { resting } : {}) };
}

/** The records of ours that stand in the way of a chain because it has none of their kind: all of them, or none (rule 21). */
export function planUnsupplied(
  owner: Fqdn,
  staged: Chain,
  intent: Intent,
  facts: Facts,
  now: Instant,
): Publication {
  const here = situation(owner, staged, intent, facts, now);
  if (here === undefined) return { reasons: [serversAreSilent(owner)] };
  const { current } = here;
  const remove = unsupplied(owner, current.content, staged, intent, facts, now);
  const claimed = claimedAt(owner, facts);
  if (remove.length === 0 || remove.some((rdata) => claimed.includes(rdata)))
    return { reasons: [] };
  const pending = underWay(here, now);
  if (pending !== undefined) return pending;
  const until = now + cacheLife(current.ttl, intent.policy);
  const allowed = removable(owner, remove, here, { mayEnd: false, instead: [], now, until });
  if (!('edit' in allowed)) return { reasons: [allowed.reason] };
  if (allowed.edit.length < remove.length) return { reasons: [] };
  return { edit: editOf(here, [], remove, current.ttl), reasons: [] };
}

/** What other certificates want where this owner's records stand (rule 19). */
function claimedAt(owner: Fqdn, facts: Facts): RdataHex[] {
  return sharingWith(owner, facts).flatMap((each) => facts.wantedByOthers[each] ?? []);
}

function presentsOnly(chains: readonly Chain[], endpoints: readonly EndpointLive[]): boolean {
  const isIt = (live: Live): boolean =>
    live !== NO_TLS && chains.some((chain) => sameLeaf(live, chain));
  return endpoints.every(({ live }) => live.length > 0 && live.every(isIt));
}

/**
 * All of them, or as many as the law allows: beside a foreign record that matches nothing, one that still matches has to
 * stay, and must not keep every older one with it.
 */
function removable(
  owner: Fqdn,
  remove: readonly RdataHex[],
  { current: { content }, endpoints }: Situation,
  { mayEnd, instead, now, until }: Removal,
): { readonly edit: readonly RdataHex[] } | { readonly reason: Reason } {
  const without = (gone: readonly RdataHex[]): RdataHex[] =>
    content.filter((rdata) => !gone.includes(rdata));
  const objection = (gone: readonly RdataHex[]): Reason | undefined => {
    const to = without(gone);
    const breaches = breachesOfPublishing(content, to, endpoints, now, until);
    if (breaches.length > 0) return refusal(owner, 'superseded records', breaches);
    // An owner without records is not empty for clients that find others in their place (rule 13).
    for (const found of to.length === 0 ? instead : []) {
      const others = breachesOfPublishing(content, found, endpoints, now, until);
      if (others.length > 0) return servedThen(owner, others);
    }
    // Only the operator's word ends DANE (rule 22).
    if (mayEnd) return undefined;
    const orphaned = endpoints.some((endpoint) =>
      endpoint.live.some(
        (chain) =>
          judge(chain, content, endpoint, now, until).matched.size > 1 &&
          judge(chain, to, endpoint, now, until).matched.size <= 1,
      ),
    );
    if (!orphaned) return undefined;
    const because = `withdrawing from ${owner} would take the last record that a live chain matches`;
    return { rule: 'last-match-stays', because, section: 'design: laws, rule 22' };
  };
  const reason = objection(remove);
  if (reason === undefined) return { edit: remove };
  let gone: RdataHex[] = [];
  const groups = byCombination(remove).map(([, group]) => group);
  for (const part of [...groups, ...remove.map((rdata) => [rdata])]) {
    if (part.every((rdata) => gone.includes(rdata))) continue;
    const more = [...new Set([...gone, ...part])];
    if (objection(more) === undefined) gone = more;
  }
  return gone.length === 0 ? { reason } : { edit: gone };
}

interface Removal {
  /** The operator ends DANE here. */
  readonly mayEnd: boolean;
  /** What clients find when nothing is left. */
  readonly instead: readonly (readonly RdataHex[])[];
  readonly now: Instant;
  readonly until: Instant;
}

function servedThen(owner: Fqdn, breaches: readonly Breach[]): Reason {
  const { because, ...rest } = refusal(owner, 'the last records', breaches);
  return {
    ...rest,
    because: `${because}, as the RRset that clients find then (of a wildcard, or of the alias) shows`,
    hint: 'mend or withdraw that RRset first',
  };
}

function editOf(
  { history, current }: Situation,
  add: readonly RdataHex[],
  remove: readonly RdataHex[],
  ttl: number,
): Edit {
  return {
    owner: history.owner,
    add: rdataSet(add),
    remove: rdataSet(remove),
    ttl,
    expect: current.content,
    expectTtl: current.ttl,
  };
}

/** The TTL is ours to choose only where all records are ours; others' records keep theirs. */
function ttlFor(current: Version, history: OwnerHistory, intent: Intent): number {
  const alien = current.content.some((rdata) => !history.ours.includes(rdata));
  return alien ? current.ttl : intent.policy.ttl;
}

/** Groups of records that stand or fall together, usage 3 first: it needs nothing of the chain that is sent. */
function byCombination(records: readonly RdataHex[]): [Combination, RdataHex[]][] {
  const groups = new Map<string, RdataHex[]>();
  for (const rdata of records) {
    const key = rdata.slice(0, 6);
    groups.set(key, [...(groups.get(key) ?? []), rdata]);
  }
  return [...groups]
    .sort(([a], [b]) => b.localeCompare(a))
    .map(([key, group]) => [
      [0, 2, 4].map((at) => parseInt(key.slice(at, at + 2), 16)).join(' '),
      group,
    ]);
}

function stands(combination: Combination, content: readonly RdataHex[]): boolean {
  return byCombination(content).some(([present]) => present === combination);
}

/** The first records and every new combination need a handshake with each endpoint in this very run (rule 16). */
function unseenEndpoints(
  combination: Combination,
  content: readonly RdataHex[],
  endpoints: readonly EndpointLive[],
  facts: Facts,
): Breach[] {
  if (stands(combination, content)) return [];
  return endpoints.flatMap(({ service, address }) => {
    if (!service.reachable || !service.running) return [];
    const seenAt = facts.services[service.id]?.endpoints[address]?.answeredAt ?? -Infinity;
    if (seenAt >= facts.lookedAt) return [];
    return [{ service: service.id, address, chain: 'unknown', combinations: [combination] }];
  });
}

function refusal(owner: Fqdn, what: string, breaches: readonly Breach[]): Reason {
  const [first] = breaches;
  const presents =
    first?.chain === 'unknown'
      ? 'was not seen in this run'
      : first?.chain === 'no-tls'
        ? 'offers no TLS'
        : `presents a chain that fails ${first?.combinations.join(', ') ?? ''}`;
  return {
    rule: 'live-chains-satisfy-it',
    because: `${what} at ${owner} must wait: ${first?.service ?? ''} at ${first?.address ?? ''} ${presents}`,
    section: 'RFC 7671 §8.4',
  };
}

function noTrust(owner: Fqdn, what: string, { service, address }: EndpointLive): Reason {
  const because = `${what} at ${owner} stays out: ${service.id} at ${address} presents a chain that leads to no CA of the PKIX store`;
  const section = 'RFC 6698 §2.1.1';
  return { rule: 'live-chains-satisfy-it', because, section, hint: TRUST_HINT };
}
