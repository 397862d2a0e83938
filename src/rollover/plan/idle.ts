// No generation is staged: DNS is changed to what the live chain needs, or to no records if the
// operator asked for that.
import { formatInstant } from '../../base/clock.ts';
import type { Instant, Seconds } from '../../base/clock.ts';
import { needsPerson, step } from '../decision.ts';
import type { Plan } from '../decision.ts';
import type { Reason } from '../reasons.ts';
import type { OwnerView } from '../law/owner-view.ts';
import type { Situation } from '../law/situation.ts';
import { wentBack } from './deploy/rollback.ts';
import { aheadGeneration, liveGeneration, nextNumber, stagedGeneration } from '../model.ts';
import type { Generation } from '../model.ts';
import { renewIsCapped } from './order/order-floor.ts';
import { nextLookAt } from './deploy/polling.ts';
import { neverTransferred } from '../law/overdue.ts';
import { planAdditions } from './records/additions.ts';
import { planRemovals } from './records/removals.ts';
import { cacheLife, cachedUntil, cachedVersions, heldVersions } from '../record/versions.ts';
import { LONGEST_WAY } from '../record/pending-writes.ts';
import { isWithdrawn, isWithdrawnAt } from './records/desired-records.ts';

/**
 * The operator's request: all records of holger are removed first, whatever else is in progress.
 */
export function planWithdrawal({ lineage, daneOwners }: Situation): Plan | undefined {
  if (!isWithdrawn(lineage)) return undefined;
  // A deployment in progress would only publish again what it needs beside foreign records.
  const live = liveGeneration(lineage);
  const deploying = live?.provenAt === undefined ? live : undefined;
  const next = stagedGeneration(lineage) ?? deploying;
  for (const owner of daneOwners) {
    const { edit } = planRemovals(owner, next?.chain);
    if (edit !== undefined) return step({ kind: 'publish', edit });
  }
  return undefined;
}

/**
 * No generation is staged: complete the records of the live one, withdraw superseded ones, and
 * become idle.
 */
export function planIdle(live: Generation, situation: Situation, dueAt: Instant): Plan {
  const { intent, lineage, daneOwners, now } = situation;
  const kept: Reason[] = [wentBack(live) ?? [], renewIsCapped(live, intent) ?? []].flat();
  if (daneOwners.length === 0) return { kind: 'done', until: dueAt, reasons: kept };
  const next = aheadGeneration(lineage);
  if (intent.strategy === 'prepublished' && next?.keyType !== intent.keyType) {
    return step({ kind: 'create-key', generation: nextNumber(lineage), ahead: true });
  }
  const pruneAt = (live.provenAt ?? now) + rollbackTime(situation);
  const reasons: Reason[] = [];
  let until = dueAt;
  let known = true;
  for (const owner of daneOwners) {
    const rest = restAt(owner, pruneAt);
    if ('plan' in rest) return rest.plan;
    kept.push(...rest.kept);
    reasons.push(...rest.open, ...rest.superseded);
    if (rest.open.length > 0) known = false;
    if (rest.superseded.length > 0) until = Math.min(until, pruneAt);
  }
  const off = isWithdrawn(lineage);
  if (off) kept.push(...keptByOthers(situation));
  const gone = off ? stillCached(situation) : [];
  for (const reason of gone) until = Math.min(until, reason.until ?? until);
  reasons.push(...gone);
  if (reasons.length === 0) return { kind: 'done', until, reasons: kept };
  if (needsPerson(reasons)) {
    return { kind: 'blocked', person: true, reasons: [...reasons, ...kept] };
  }
  if (!known) until = Math.min(until, nextLookAt(situation));
  return { kind: 'wait', until, known, reasons: [...reasons, ...kept] };
}

/** The reasons at one owner where nothing can be done now. */
interface Rest {
  /** It depends on an act, or on an answer that has not come yet. */
  readonly open: readonly Reason[];
  /** Old records that stay until they are pruned. */
  readonly superseded: readonly Reason[];
  /** It stays as it is. */
  readonly kept: readonly Reason[];
}

function restAt(view: OwnerView, pruneAt: Instant): Rest | { readonly plan: Plan } {
  const additions = planAdditions(view, undefined);
  if (additions.edit !== undefined) {
    return { plan: step({ kind: 'publish', edit: additions.edit }) };
  }
  if (additions.person) {
    return { plan: { kind: 'blocked', person: true, reasons: additions.reasons } };
  }
  const resting = additions.resting ? additions.reasons : [];
  const open = additions.resting ? [] : additions.reasons;
  const removals = planRemovals(view, undefined);
  if (removals.edit !== undefined) {
    if (view.now >= pruneAt) return { plan: step({ kind: 'publish', edit: removals.edit }) };
    return { open, superseded: [oldRecordsStay(view, pruneAt)], kept: resting };
  }
  const refused = removals.resting ? [] : removals.reasons;
  // The provider's success proves nothing: a write is complete when every address serves it.
  const unfinished = refused.length > 0 ? refused : notServedYet(view);
  const kept = removals.resting ? [...resting, ...removals.reasons] : resting;
  return { open: [...open, ...unfinished], superseded: [], kept };
}

function oldRecordsStay({ owner }: OwnerView, until: Instant): Reason {
  const because = `superseded records at ${owner} stay for a rollback`;
  return { rule: 'old-records-stay', because, until };
}

/**
 * How long records of the previous generation stay (rule 24): not at all if its key is compromised.
 */
function rollbackTime({ intent: { policy }, lineage }: Situation): Seconds {
  const before = lineage.generations.findLast(({ state }) => state === 'retired');
  if (before?.compromised === true) return 0;
  return policy.rollback ?? cacheLife(policy.ttl, policy);
}

/**
 * After a withdrawal: until when a cache may still hold records, so that key and chain must stay.
 */
export function stillCached({ intent, daneOwners, now }: Situation): Reason[] {
  return daneOwners.flatMap(({ owner, history }) => {
    const held = history === undefined ? [] : cachedVersions(history, intent.policy, now);
    const ends = held
      .filter(({ content, unknown }) => unknown || content.length > 0)
      .map((version) => cachedUntil(version, intent.policy))
      .filter(Number.isFinite);
    if (ends.length === 0) return [];
    const until = Math.max(...ends);
    const because = `withdrawn records at ${owner} may be cached until ${formatInstant(until)}; keep the certificate in place`;
    return [{ rule: 'cached-nowhere', because, until }];
  });
}

/**
 * DANE cannot be switched off while foreign records are published, or while another certificate
 * publishes records at the same owner.
 */
function keptByOthers({ daneOwners, intent }: Situation): Reason[] {
  return daneOwners.flatMap(({ owner, history, newest, certificates }) => {
    if (!isWithdrawnAt(owner, certificates)) {
      const others = certificates.filter((one) => one.intent.dane && !isWithdrawn(one.lineage));
      const names = others.map((one) => one.intent.name).join(', ');
      const because =
        `${names} publishes TLSA records at ${owner}: clients still require a match, so the ` +
        `records of ${intent.name} stay too`;
      return [{ rule: 'foreign-records-stay', because }];
    }
    const content = newest?.content ?? [];
    if (!content.some((rdata) => history?.ours.includes(rdata) !== true)) return [];
    const because =
      `records that holger did not write are published at ${owner}: clients still require ` +
      'a match, so the records of holger stay too';
    return [{ rule: 'foreign-records-stay', because }];
  });
}

/**
 * If nothing more is wanted, a write that was never served is not waited for: holger may have
 * ended, or the operator may have changed the request, before it was sent. The laws count its
 * result as long as it may still come (rule 8).
 */
export function notServedYet({ history, now }: OwnerView): Reason[] {
  if (history === undefined) return [];
  const held = heldVersions(history).map(({ key }) => key);
  const open = history.writes.filter(
    ({ from, at }) => !held.includes(from) || now - at < LONGEST_WAY,
  );
  if (open.length === 0) return [];
  const because = `the last change of ${history.target} is not served by every name server yet`;
  const since = Math.min(...open.map(({ at }) => at));
  const need = open.some(({ byHand }) => byHand === true)
    ? {}
    : neverTransferred(since, 'each of its name servers', now);
  return [{ rule: 'write-is-seen', because, ...need }];
}
