// The planner: compares what should be with what was observed and names the one next step.
//
// It is a reconciler, not a script. It keeps no position of its own: a crash between any two instructions, an operator's edit
// or a second renewal during a wait is just another observation. Pure: no clock, no I/O, no randomness, no logging.
import type { Instant, Seconds } from '../base/clock.ts';
import type { Chain } from '../dane/chain.ts';
import type { Edit, Reason } from './decision.ts';
import type { Fqdn } from '../dns/name.ts';
import { deployability } from './deployability.ts';
import type { Facts } from './facts.ts';
import { ownersOf } from './facts.ts';
import { aheadGeneration, liveGeneration, stagedGeneration } from './model.ts';
import type { Generation, Intent } from './model.ts';
import { proof } from './proof.ts';
import { planAdditions, planRemovals } from './publishing.ts';
import { cacheLife } from './versions.ts';

export type Step =
  /** A new private key; `sameKeyAs`: the key of another generation is used again; `ahead`: nothing is ordered for it now. */
  | {
      readonly kind: 'create-key';
      readonly generation: number;
      readonly sameKeyAs?: number;
      readonly ahead?: true;
    }
  | { readonly kind: 'obtain'; readonly generation: number }
  | {
      readonly kind: 'publish';
      readonly edit: Edit;
      readonly purpose: 'stage' | 'complete' | 'prune';
    }
  | { readonly kind: 'deploy'; readonly generation: number }
  | { readonly kind: 'reload'; readonly generation: number }
  | { readonly kind: 'prove'; readonly generation: number };

export type Plan =
  | { readonly kind: 'step'; readonly step: Step; readonly reasons: readonly Reason[] }
  /** `until`: when to look again. `known`: it is the time itself that is waited for, not somebody's act. */
  | {
      readonly kind: 'wait';
      readonly until: Instant;
      readonly known: boolean;
      readonly reasons: readonly Reason[];
    }
  | { readonly kind: 'done'; readonly until: Instant; readonly reasons: readonly Reason[] }
  | { readonly kind: 'blocked'; readonly person: boolean; readonly reasons: readonly Reason[] };

/** How soon to look again when something outside is waited for: a small share of what is at stake, but never a storm. */
export function pollInterval(intent: Intent): Seconds {
  return Math.min(30, Math.max(0.25, intent.policy.ttl / 20));
}

/** What an act of ours leads to shows at once or late: after half its age, and never less often than `longest`. */
export function lookAgainAt(actedAt: Instant, longest: Seconds, now: Instant): Instant {
  return now + Math.min(longest, Math.max(0.05, (now - actedAt) / 2));
}

function nextLookAt(intent: Intent, facts: Facts, now: Instant): Instant {
  const writes = ownersOf(intent).flatMap((owner) => facts.owners[owner]?.writes ?? []);
  const deployedAt = liveGeneration(facts.lineage)?.deployedAt ?? 0;
  const actedAt = Math.max(deployedAt, ...writes.map(({ at }) => at));
  return lookAgainAt(actedAt, pollInterval(intent), now);
}

export function plan(intent: Intent, facts: Facts, renewAt: Instant, now: Instant): Plan {
  const gate = intent.dane ? zoneGate(intent, facts) : undefined;
  const staged = stagedGeneration(facts.lineage);
  const live = liveGeneration(facts.lineage);
  if (staged !== undefined) {
    return gate ?? planStaged(staged, intent, facts, now);
  }
  if (live === undefined) return gate ?? planRenewal(live, intent, facts, now);
  if (live.provenAt === undefined) {
    const proving = gate ?? planProof(live, intent, facts, now);
    // An endpoint that never comes back must not let the certificate expire everywhere else.
    if (proving.kind === 'step' || gate !== undefined || now < renewAt) return proving;
    return planRenewal(live, intent, facts, now);
  }
  const dueAt = Math.min(renewAt, rotationDue(live, intent));
  if (intent.force || now >= dueAt || differs(live, intent)) {
    return gate ?? planRenewal(live, intent, facts, now);
  }
  return planIdle(live, intent, facts, dueAt, now, gate);
}

function step(what: Step, reasons: readonly Reason[] = []): Plan {
  return { kind: 'step', step: what, reasons };
}

function nextNumber(facts: Facts): number {
  return (facts.lineage.generations.at(-1)?.number ?? 0) + 1;
}

/** Whether a generation is for other names, another kind of key or another CA than is wanted now. */
function differs(generation: Generation, intent: Intent): boolean {
  const text = (domains: readonly string[]): string => [...domains].sort().join(' ');
  return (
    generation.keyType !== intent.keyType ||
    generation.directory !== intent.directory ||
    text(generation.domains) !== text(intent.domains)
  );
}

/** When the key itself is too old, whatever the certificate's dates say. */
function rotationDue(live: Generation, { rotateKeyEvery }: Intent): Instant {
  return rotateKeyEvery === undefined ? Infinity : live.keyMadeAt + rotateKeyEvery;
}

/** A renewal begins: with the key that was made ahead, with the same key once more, or with a new one. */
function planRenewal(
  live: Generation | undefined,
  intent: Intent,
  facts: Facts,
  now: Instant,
): Plan {
  const create: Step = { kind: 'create-key', generation: nextNumber(facts) };
  const next = aheadGeneration(facts.lineage);
  if (next?.keyType === intent.keyType) {
    return differs(next, intent)
      ? step({ ...create, sameKeyAs: next.number })
      : step({ kind: 'obtain', generation: next.number });
  }
  const keeps =
    intent.strategy === 'reuse-key' &&
    live?.keyType === intent.keyType &&
    now < rotationDue(live, intent);
  return step(keeps ? { ...create, sameKeyAs: live.number } : create);
}

const INSECURE = {
  // A resolver that does not validate answers like one that found the zone unsigned.
  insecure: {
    because: 'is not signed, so TLSA records there protect nobody',
    hint: 'sign it and have its DS put into the parent zone; if it is signed, dns.resolver does not validate',
  },
  bogus: {
    because: 'fails DNSSEC validation (bogus), so validating clients see nothing of it',
    hint: 'compare the DS in the parent with the DNSKEY, and look at the dates of the signatures (delv, dnsviz.net)',
  },
  unknown: {
    because: 'cannot be validated now: no resolver says whether it is signed',
    hint: 'check that dns.resolver names a validating resolver and that it answers',
  },
} as const;

/** DANE exists only in a signed zone; and what cannot be validated now allows no step (rule 1). */
function zoneGate(intent: Intent, facts: Facts): Plan | undefined {
  const reasons: Reason[] = [];
  let person = false;
  for (const owner of ownersOf(intent)) {
    const history = facts.owners[owner];
    if (history?.security === 'secure') continue;
    person ||= history?.security === 'insecure';
    const zone = history === undefined ? `the zone of ${owner}` : `zone ${history.zone}`;
    const said = INSECURE[history?.security ?? 'unknown'];
    reasons.push({
      rule: 'zone-is-secure',
      because: `${zone} ${said.because}`,
      section: 'RFC 7671 §2.1',
      hint: said.hint,
    });
  }
  return reasons.length === 0 ? undefined : { kind: 'blocked', person, reasons };
}

function planStaged(staged: Generation, intent: Intent, facts: Facts, now: Instant): Plan {
  const create: Step = { kind: 'create-key', generation: nextNumber(facts) };
  if (staged.keyRefused === true || staged.keyType !== intent.keyType) return step(create);
  // Order again with the same key, whose record may stand in DNS already (rules 23 and 25): for other names or from another
  // CA, or because the certificate is nearly expired before it was used.
  const again = step({ ...create, sameKeyAs: staged.number });
  if (differs(staged, intent)) return again;
  const leaf = staged.chain?.certificates[0];
  if (staged.chain === undefined || leaf === undefined) {
    return step({ kind: 'obtain', generation: staged.number });
  }
  const lifetime = leaf.notAfter - leaf.notBefore;
  if (now > leaf.notAfter - lifetime / 4) return again;
  const deploy: Step = { kind: 'deploy', generation: staged.number };
  return planDeployment(staged.chain, deploy, intent, facts, now);
}

/** The records first, then the wait, then the act that makes services load the chain: begun for the first time or once more. */
function planDeployment(chain: Chain, act: Step, intent: Intent, facts: Facts, now: Instant): Plan {
  const reasons: Reason[] = [];
  if (intent.dane) {
    for (const owner of ownersOf(intent)) {
      const additions = planAdditions(owner, chain, intent, facts, now);
      if (additions.edit !== undefined) {
        return step({ kind: 'publish', edit: additions.edit, purpose: 'stage' }, additions.reasons);
      }
      reasons.push(...additions.reasons);
    }
  }
  const verdict = deployability(chain, intent, facts, now);
  if (verdict.allowed) return step(act, verdict.reasons);
  if (verdict.person) {
    return { kind: 'blocked', person: true, reasons: [...verdict.reasons, ...reasons] };
  }
  const known = Number.isFinite(verdict.until);
  return {
    kind: 'wait',
    until: known ? verdict.until : nextLookAt(intent, facts, now),
    known,
    reasons: [...verdict.reasons, ...reasons],
  };
}

function planProof(live: Generation, intent: Intent, facts: Facts, now: Instant): Plan {
  const { number, chain } = live;
  if (live.deployedAt === undefined && chain !== undefined) {
    return planDeployment(chain, { kind: 'deploy', generation: number }, intent, facts, now);
  }
  const evidence = proof(live, intent, facts);
  if (evidence.proven) return step({ kind: 'prove', generation: number });
  if (evidence.stale && now - (live.deployedAt ?? now) >= 60 && chain !== undefined) {
    return planDeployment(chain, { kind: 'reload', generation: number }, intent, facts, now);
  }
  return {
    kind: 'wait',
    until: nextLookAt(intent, facts, now),
    known: false,
    reasons: evidence.reasons,
  };
}

/** Nothing is on its way: complete the records of what is live, withdraw what it superseded, and rest. */
function planIdle(
  live: Generation,
  intent: Intent,
  facts: Facts,
  dueAt: Instant,
  now: Instant,
  gate: Plan | undefined,
): Plan {
  if (!intent.dane || intent.services.length === 0) {
    return { kind: 'done', until: dueAt, reasons: [] };
  }
  if (gate !== undefined) return gate;
  const next = aheadGeneration(facts.lineage);
  if (intent.strategy === 'prepublished' && next?.keyType !== intent.keyType) {
    return step({ kind: 'create-key', generation: nextNumber(facts), ahead: true });
  }
  const reasons: Reason[] = [];
  const kept: Reason[] = [];
  const { rollback, ttl } = intent.policy;
  const pruneAt = (live.provenAt ?? now) + (rollback ?? cacheLife(ttl, intent.policy));
  let until = dueAt;
  let known = true;
  for (const owner of ownersOf(intent)) {
    const additions = planAdditions(owner, undefined, intent, facts, now);
    if (additions.edit !== undefined) {
      return step({ kind: 'publish', edit: additions.edit, purpose: 'complete' });
    }
    if (additions.person) return { kind: 'blocked', person: true, reasons: additions.reasons };
    if (additions.resting) kept.push(...additions.reasons);
    else {
      reasons.push(...additions.reasons);
      if (additions.reasons.length > 0) known = false;
    }
    const removals = planRemovals(owner, intent, facts, now);
    if (removals.edit === undefined) {
      if (removals.resting) kept.push(...removals.reasons);
      const refused = removals.resting ? [] : removals.reasons;
      // A claim of success is none: the last write is over when every address serves it.
      const open = refused.length > 0 ? refused : notServedYet(owner, facts);
      if (open.length > 0) known = false;
      reasons.push(...open);
      continue;
    }
    if (now >= pruneAt) return step({ kind: 'publish', edit: removals.edit, purpose: 'prune' });
    until = Math.min(until, pruneAt);
    reasons.push({
      rule: 'old-records-stay',
      because: `superseded records at ${owner} stay for a rollback`,
      section: 'design: laws, rule 24',
      until: pruneAt,
    });
  }
  if (reasons.length === 0) return { kind: 'done', until, reasons: kept };
  if (!known) until = Math.min(until, nextLookAt(intent, facts, now));
  return { kind: 'wait', until, known, reasons: [...reasons, ...kept] };
}

function notServedYet(owner: Fqdn, facts: Facts): Reason[] {
  const history = facts.owners[owner];
  if (history === undefined || history.writes.length === 0) return [];
  const because = `the last change of ${history.target} is not served by every name server yet`;
  return [{ rule: 'write-is-seen', because, section: 'RFC 7671 §8.1' }];
}
