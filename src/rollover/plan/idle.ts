// Nothing is on its way: DNS is brought to what the live chain wants, or to nothing where the
// operator said so.
import { formatInstant } from '../../base/clock.ts';
import type { Instant, Seconds } from '../../base/clock.ts';
import type { Fqdn } from '../../dns/name.ts';
import { needsPerson, step } from '../decision.ts';
import type { Plan } from '../decision.ts';
import type { Reason } from '../reasons.ts';
import type { Facts } from '../law/facts.ts';
import { daneOwners } from '../law/facts.ts';
import { wentBack } from './deploy/rollback.ts';
import { aheadGeneration, liveGeneration, nextNumber, stagedGeneration } from '../model.ts';
import type { Generation, Intent } from '../model.ts';
import { renewIsCapped } from './order/order-floor.ts';
import { nextLookAt } from './deploy/polling.ts';
import { neverTransferred } from '../law/overdue.ts';
import { planAdditions } from './records/additions.ts';
import { planRemovals } from './records/removals.ts';
import {
  cacheLife,
  cachedUntil,
  cachedVersions,
  heldVersions,
  newestVersion,
} from '../record/versions.ts';
import { LONGEST_WAY } from '../record/pending-writes.ts';
import { isWithdrawn } from './records/desired-records.ts';

/** The operator's word: all records of ours go first, whatever else is under way. */
export function planWithdrawal(intent: Intent, facts: Facts, now: Instant): Plan | undefined {
  if (!isWithdrawn(facts.lineage)) return undefined;
  // What a deployment that is under way needs beside foreign records it would only publish again.
  const live = liveGeneration(facts.lineage);
  const deploying = live?.provenAt === undefined ? live : undefined;
  const next = stagedGeneration(facts.lineage) ?? deploying;
  for (const owner of daneOwners(intent)) {
    const { edit } = planRemovals(owner, next?.chain, intent, facts, now);
    if (edit !== undefined) return step({ kind: 'publish', edit });
  }
  return undefined;
}

/**
 * Nothing is on its way: complete the records of what is live, withdraw what it superseded, and
 * rest.
 */
export function planIdle(
  live: Generation,
  intent: Intent,
  facts: Facts,
  dueAt: Instant,
  now: Instant,
): Plan {
  const kept: Reason[] = [wentBack(live) ?? [], renewIsCapped(live, intent) ?? []].flat();
  if (daneOwners(intent).length === 0) {
    return { kind: 'done', until: dueAt, reasons: kept };
  }
  const next = aheadGeneration(facts.lineage);
  if (intent.strategy === 'prepublished' && next?.keyType !== intent.keyType) {
    return step({ kind: 'create-key', generation: nextNumber(facts.lineage), ahead: true });
  }
  const reasons: Reason[] = [];
  const pruneAt = (live.provenAt ?? now) + rollbackTime(intent, facts);
  let until = dueAt;
  let known = true;
  for (const owner of daneOwners(intent)) {
    const additions = planAdditions(owner, undefined, intent, facts, now);
    if (additions.edit !== undefined) {
      return step({ kind: 'publish', edit: additions.edit });
    }
    if (additions.person) return { kind: 'blocked', person: true, reasons: additions.reasons };
    if (additions.resting) kept.push(...additions.reasons);
    else {
      reasons.push(...additions.reasons);
      if (additions.reasons.length > 0) known = false;
    }
    const removals = planRemovals(owner, undefined, intent, facts, now);
    if (removals.edit === undefined) {
      if (removals.resting) kept.push(...removals.reasons);
      const refused = removals.resting ? [] : removals.reasons;
      // A claim of success is none: the last write is over when every address serves it.
      const open = refused.length > 0 ? refused : notServedYet(owner, facts, now);
      if (open.length > 0) known = false;
      reasons.push(...open);
      continue;
    }
    if (now >= pruneAt) return step({ kind: 'publish', edit: removals.edit });
    until = Math.min(until, pruneAt);
    reasons.push({
      rule: 'old-records-stay',
      because: `superseded records at ${owner} stay for a rollback`,
      until: pruneAt,
    });
  }
  const off = isWithdrawn(facts.lineage);
  if (off) kept.push(...keptByOthers(intent, facts));
  const gone = off ? stillCached(intent, facts, now) : [];
  for (const reason of gone) until = Math.min(until, reason.until ?? until);
  reasons.push(...gone);
  if (reasons.length === 0) return { kind: 'done', until, reasons: kept };
  if (needsPerson(reasons)) {
    return { kind: 'blocked', person: true, reasons: [...reasons, ...kept] };
  }
  if (!known) until = Math.min(until, nextLookAt(intent, facts, now));
  return { kind: 'wait', until, known, reasons: [...reasons, ...kept] };
}

/**
 * How long records of the generation before stay (rule 24): not at all when its key is compromised.
 */
function rollbackTime({ policy }: Intent, { lineage }: Facts): Seconds {
  const before = lineage.generations.findLast(({ state }) => state === 'retired');
  if (before?.compromised === true) return 0;
  return policy.rollback ?? cacheLife(policy.ttl, policy);
}

/**
 * After a withdrawal: until when a cache may still hold records, so that key and chain have to
 * stay.
 */
export function stillCached(intent: Intent, facts: Facts, now: Instant): Reason[] {
  return daneOwners(intent).flatMap((owner) => {
    const history = facts.owners[owner];
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

/** DANE cannot be switched off where somebody else's records stand. */
function keptByOthers(intent: Intent, facts: Facts): Reason[] {
  return daneOwners(intent).flatMap((owner) => {
    const history = facts.owners[owner];
    const content = (history === undefined ? undefined : newestVersion(history))?.content ?? [];
    if (!content.some((rdata) => history?.ours.includes(rdata) !== true)) return [];
    const because = `records that holger did not write stand at ${owner}: clients go on asking for a match, so ours stay too`;
    return [{ rule: 'foreign-records-stay', because }];
  });
}

/**
 * Where nothing more is wanted, a write that never showed is not waited for: a crash, or a changed
 * mind, came before it was sent. The laws count what it would have made for as long as it may still
 * come (rule 8).
 */
export function notServedYet(owner: Fqdn, facts: Facts, now: Instant): Reason[] {
  const history = facts.owners[owner];
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
