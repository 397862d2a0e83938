// One owner for the law of publishing: its records, the wanted ones, the live chains; and the form
// of a write or a refusal.
import { tlsaOf } from '../../../dane/tlsa.ts';
import type { Combination, Tlsa } from '../../../dane/tlsa.ts';
import type { Fqdn } from '../../../dns/name.ts';
import { rdataSet } from '../../../dns/rrset.ts';
import type { Edit } from '../../decision.ts';
import type { Reason } from '../../reasons.ts';
import type { Breach } from '../../law/laws.ts';
import type { OwnerView } from '../../law/owner-view.ts';
import { neverShown, sendAgainAt, sentText, serversAreSilent } from '../../law/overdue.ts';
import { heldVersions } from '../../record/versions.ts';
import { NO_TLS } from '../../record/service-history.ts';
import type { OwnerHistory, Version } from '../../record/owner-history.ts';

/** Every process asks a person once, and a process that stays asks again after this time. */
const ASK_AGAIN_AFTER = 3600;

export interface Publication {
  readonly edit?: Edit;
  readonly reasons: readonly Reason[];
  /**
   * Time does not change it; an edit by hand, another configuration or another setting of the
   * service may.
   */
  readonly resting?: true;
  /** Only a setting of the operator can allow it. */
  readonly person?: true;
}

/** An owner whose RRset is known, and one version of it as the start of a write. */
export interface OwnerState {
  readonly view: OwnerView;
  readonly history: OwnerHistory;
  readonly current: Version;
  /** Its records. */
  readonly records: readonly Tlsa[];
}

export function stateOf(view: OwnerView, history: OwnerHistory, current: Version): OwnerState {
  return { view, history, current, records: current.content.map(tlsaOf) };
}

/**
 * Checks the RRset of an owner; in a zone at several providers the RRset at each of them: one that
 * missed a write, or was edited alone, is changed to what is wanted like any other.
 */
export function atOwner(view: OwnerView, ask: (here: OwnerState) => Publication): Publication {
  const { owner, history, newest, now } = view;
  if (history === undefined || newest === undefined) {
    return { reasons: [serversAreSilent(owner, history, now)] };
  }
  const all = heldVersions(history).map((current) => ask(stateOf(view, history, current)));
  const unread = providersUnread(history);
  const [only, ...others] = all;
  if (only !== undefined && others.length + unread.length === 0) return only;
  const withEdit = all.find(({ edit }) => edit !== undefined);
  if (withEdit !== undefined) return withEdit;
  const reasons = [...all.flatMap((each) => each.reasons), ...unread];
  const isOpen = (each: Publication): boolean => each.reasons.length > 0 && each.resting !== true;
  return {
    reasons,
    ...(reasons.length > 0 && unread.length === 0 && !all.some(isOpen) ? { resting: true } : {}),
    ...(all.some(({ person }) => person) ? { person: true } : {}),
  };
}

/** Providers whose RRset is not known, while a server shows one that the others do not have. */
function providersUnread({ held = [], addresses, target }: OwnerHistory): Reason[] {
  const keys = held.flatMap(({ key }) => key ?? []);
  const shown = Object.values(addresses).flatMap(({ mayServe }) => mayServe);
  if (shown.every((key) => keys.includes(key))) return [];
  return held
    .filter(({ key }) => key === undefined)
    .map(({ provider, failure = '' }) => ({
      rule: 'providers-answer',
      because: `it is not known which records provider ${provider} has at ${target}: ${failure}`,
      hint: `if this lasts, test it: holger providers test ${provider}`,
    }));
}

/** A write of holger is in progress: the newest server still shows the RRset before it. */
export function underWay({ view, history, current }: OwnerState): Publication | undefined {
  const { now, facts } = view;
  const write = history.writes.findLast(
    ({ from, to }) => from === current.key && to !== current.key,
  );
  if (write === undefined) return undefined;
  if (write.byHand === true) {
    if (write.at < (facts.runningSince ?? 0) || now - write.at >= ASK_AGAIN_AFTER) return undefined;
    const because = `the change of ${history.target} that is to be made by hand is not served yet`;
    return { reasons: [{ rule: 'write-is-seen', because }] };
  }
  const first = history.writes.find(({ from, to }) => from === write.from && to === write.to);
  const { from, to } = write;
  const vain = history.vain?.find((one) => one.from === from && one.to === to);
  const since = Math.min(vain?.since ?? Infinity, first?.at ?? write.at);
  if (now >= sendAgainAt(since, write.at)) return undefined;
  const need = neverShown(since, write.at, now);
  const because = sentText(history.target, since, need);
  return { reasons: [{ rule: 'write-is-seen', because, ...need }] };
}

export function editOf(
  { history, current }: OwnerState,
  add: readonly Tlsa[],
  remove: readonly Tlsa[],
  ttl: number,
): Edit {
  return {
    owner: history.owner,
    add: rdataSet(add.map(({ rdata }) => rdata)),
    remove: rdataSet(remove.map(({ rdata }) => rdata)),
    ttl,
    expect: current.content,
    expectTtl: current.ttl,
  };
}

/**
 * Groups of records that belong together, usage 3 first: it does not depend on the CA certificates
 * that are sent.
 */
export function byCombination(records: readonly Tlsa[]): [Combination, Tlsa[]][] {
  const groups = new Map<Combination, Tlsa[]>();
  for (const record of records) {
    const { combination } = record;
    groups.set(combination, [...(groups.get(combination) ?? []), record]);
  }
  return [...groups].sort(
    ([a], [b]) => b.usage - a.usage || b.selector - a.selector || b.matchingType - a.matchingType,
  );
}

export function textOf(combinations: readonly Combination[], between = ', '): string {
  return combinations.map(({ text }) => text).join(between);
}

export function refusal(owner: Fqdn, what: string, breaches: readonly Breach[]): Reason {
  const [first] = breaches;
  const presents =
    first?.live === undefined
      ? 'was not seen in this run'
      : first.live === NO_TLS
        ? 'offers no TLS'
        : `presents a chain that fails ${textOf(first.combinations)}`;
  return {
    rule: 'live-chains-satisfy-it',
    because: `${what} at ${owner} must wait: ${first?.service ?? ''} at ${first?.address ?? ''} ${presents}`,
  };
}
