// The law of publishing for removals from one owner: which superseded records may be withdrawn now.
import type { Chain } from '../../../dane/chain.ts';
import { sameLeaf } from '../../../dane/chain.ts';
import type { Fqdn } from '../../../dns/name.ts';
import type { Tlsa } from '../../../dane/tlsa.ts';
import type { Reason } from '../../reasons.ts';
import { justMet } from '../../law/just-met.ts';
import { breachesOfPublishing, judge } from '../../law/laws.ts';
import type { Breach, EndpointLive, Live } from '../../law/laws.ts';
import type { OwnerView } from '../../law/owner-view.ts';
import { liveGeneration } from '../../model.ts';
import { NO_TLS } from '../../record/service-history.ts';
import { atOwner, byCombination, editOf, refusal, underWay } from './owner-state.ts';
import type { OwnerState, Publication } from './owner-state.ts';
import { recordOfStranger, strangerMayLose } from '../../law/shared-owners.ts';
import { cacheLife } from '../../record/versions.ts';
import { desiredRecords, isWithdrawn, isWithdrawnAt, unsupplied } from './desired-records.ts';
import { anchorsUnread } from './known-anchors.ts';

/**
 * The superseded records of holger that may be withdrawn now, never one that the staged chain
 * needs.
 */
export function planRemovals(view: OwnerView, staged: Chain | undefined): Publication {
  return atOwner(view, (here) => removalsAt(here, staged));
}

function removalsAt(here: OwnerState, staged: Chain | undefined): Publication {
  const { view, current, records } = here;
  const { owner, certificates } = view;
  const wanted = desiredRecords(here, staged);
  const superseded = records.filter(
    (record) => view.ours.has(record) && !wanted.includes(record) && !view.claimed.has(record),
  );
  if (superseded.length === 0) return { reasons: [] };
  const stay = anchorsStay(here);
  const remove = superseded.filter(({ usage }) => stay === undefined || usage !== 2);
  if (stay !== undefined && remove.length === 0) return { reasons: [stay], resting: true };
  const pending = underWay(here);
  if (pending !== undefined) return pending;
  const mayEnd = isWithdrawnAt(owner, certificates);
  const allowed = removable(remove, here, { mayEnd, instead: view.servedInstead });
  if ('edit' in allowed) return { edit: editOf(here, [], allowed.edit, current.ttl), reasons: [] };
  const live = certificates.flatMap(({ lineage }) => liveGeneration(lineage)?.chain ?? []);
  const resting = presentsOnly(live, view.endpoints);
  return { reasons: [allowed.reason], ...(resting ? { resting } : {}) };
}

/** Undefined: superseded records of usage 2 are withdrawn like all others. */
function anchorsStay(here: OwnerState): Reason | undefined {
  if (recordOfStranger(here) !== undefined) {
    return strangerMayLose('superseded records of trust anchors stay', here);
  }
  const { owner, certificates } = here.view;
  const staying = certificates.filter(({ lineage }) => !isWithdrawn(lineage));
  return anchorsUnread(
    owner,
    staying.map(({ intent }) => intent),
  );
}

/**
 * The records of holger that prevent the deployment of a chain because it has none of their kind:
 * all of them, or none (rule 21).
 */
export function planUnsupplied(view: OwnerView, staged: Chain): Publication {
  return atOwner(view, (here) => unsuppliedAt(here, staged));
}

function unsuppliedAt(here: OwnerState, staged: Chain): Publication {
  const { view, current } = here;
  const remove = unsupplied(here, staged);
  if (remove.length === 0 || remove.some((record) => view.claimed.has(record))) {
    return { reasons: [] };
  }
  const pending = underWay(here);
  if (pending !== undefined) return pending;
  const allowed = removable(remove, here, { mayEnd: false, instead: [] });
  if (!('edit' in allowed)) return { reasons: [allowed.reason] };
  if (allowed.edit.length < remove.length) return { reasons: [] };
  return { edit: editOf(here, [], remove, current.ttl), reasons: [] };
}

function presentsOnly(chains: readonly Chain[], endpoints: readonly EndpointLive[]): boolean {
  const isIt = (live: Live): boolean =>
    live !== NO_TLS && chains.some((chain) => sameLeaf(live, chain));
  return endpoints.every(({ live }) => live.length > 0 && live.every(isIt));
}

/**
 * All of them, or as many as the law allows: beside a foreign record that matches nothing, one that
 * still matches must stay, but need not keep every older one.
 */
function removable(
  remove: readonly Tlsa[],
  { view, current, records }: OwnerState,
  { mayEnd, instead }: Removal,
): { readonly edit: readonly Tlsa[] } | { readonly reason: Reason } {
  const { owner, endpoints, intent, now } = view;
  const window = { at: now, until: now + cacheLife(current.ttl, intent.policy) };
  const without = (gone: readonly Tlsa[]): Tlsa[] =>
    records.filter((record) => !gone.includes(record));
  const objection = (gone: readonly Tlsa[]): Reason | undefined => {
    const to = without(gone);
    const breaches = breachesOfPublishing({ from: records, to }, endpoints, window);
    if (breaches.length > 0) return refusal(owner, 'superseded records', breaches);
    const [met] = to.length === 0 ? [] : justMet(endpoints, view);
    if (met !== undefined) {
      const because = `superseded records at ${owner} must wait: ${met.because}`;
      return { rule: 'live-chains-satisfy-it', because, until: met.until };
    }
    // An owner without records is not empty for clients that find others in their place (rule 13).
    for (const found of to.length === 0 ? instead : []) {
      const others = breachesOfPublishing({ from: records, to: found }, endpoints, window);
      if (others.length > 0) return servedThen(owner, others);
    }
    // Only the operator can end DANE (rule 22).
    if (mayEnd) return undefined;
    const orphaned = endpoints.some((endpoint) =>
      endpoint.live.some(
        (chain) =>
          judge(chain, records, endpoint, window).matchesRecord &&
          !judge(chain, to, endpoint, window).matchesRecord,
      ),
    );
    if (!orphaned) return undefined;
    const because = `withdrawing from ${owner} would remove the last record that a live chain matches`;
    return { rule: 'last-match-stays', because };
  };
  const reason = objection(remove);
  if (reason === undefined) return { edit: remove };
  let gone: Tlsa[] = [];
  const groups = byCombination(remove).map(([, group]) => group);
  for (const part of [...groups, ...remove.map((record) => [record])]) {
    if (part.every((record) => gone.includes(record))) continue;
    const more = [...new Set([...gone, ...part])];
    if (objection(more) === undefined) gone = more;
  }
  return gone.length === 0 ? { reason } : { edit: gone };
}

interface Removal {
  /** The operator ends DANE here. */
  readonly mayEnd: boolean;
  /** What clients find when no record is left. */
  readonly instead: readonly (readonly Tlsa[])[];
}

function servedThen(owner: Fqdn, breaches: readonly Breach[]): Reason {
  const { because, ...rest } = refusal(owner, 'the last records', breaches);
  return {
    ...rest,
    because:
      `${because}, according to the RRset that clients find then (of a wildcard, or of the ` +
      'alias)',
    hint: 'fix or withdraw that RRset first',
  };
}
