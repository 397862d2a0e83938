// The next stages, if no error occurs: the planner is run forward in a model world, so that the
// laws themselves give the length of each wait. For `run --dry-run`, for "then" after a wait, and
// for `status`.
import type { Instant } from '../../base/clock.ts';
import { namesAuthority, tlsaOf, tlsaText } from '../../dane/tlsa.ts';
import type { Tlsa } from '../../dane/tlsa.ts';
import type { Fqdn } from '../../dns/name.ts';
import type { RdataHex } from '../../dns/rrset.ts';
import type { Plan, Step } from '../decision.ts';
import type { Reason } from '../reasons.ts';
import type { Facts } from '../law/facts.ts';
import { liveGeneration } from '../model.ts';
import type { Generation, Intent } from '../model.ts';
import { afterStep, isAhead, later } from './model-world.ts';
import type { ModelWorld } from './model-world.ts';
import { plan } from '../plan/plan.ts';
import { recordsOf, recordsOfKey } from '../plan/records/desired-records.ts';

/** No forecast is longer; a longer one is cut. */
const MOST_STAGES = 40;
/** A stage may take several plans. If it does not end in the model, the rest is unknown. */
const MOST_PLANS = 200;
/** Of the lifetime: the CA decides when the next renewal begins. */
const RENEWAL_SHARE = 2 / 3;

export type Stage =
  | {
      readonly stage: 'key';
      readonly at: Instant;
      readonly generation: number;
      /** Undefined: a new key. */
      readonly sameKeyAs?: number;
      /** It is made ahead, for the renewal after the next. */
      readonly ahead?: true;
      /** The file with the operator's request, which has the key. */
      readonly request?: string;
    }
  | {
      readonly stage: 'order';
      readonly at: Instant;
      readonly generation: number;
      readonly directory: string;
      readonly domains: readonly string[];
    }
  | {
      readonly stage: 'publish' | 'withdraw';
      readonly at: Instant;
      readonly owner: Fqdn;
      readonly ttl: number;
      /** As in a zone file; what is not known yet is named in parentheses. */
      readonly add: readonly string[];
      readonly remove: readonly string[];
    }
  | {
      readonly stage: 'wait';
      readonly at: Instant;
      readonly until: Instant;
      readonly reasons: readonly Reason[];
    }
  | {
      readonly stage: 'send';
      readonly at: Instant;
      readonly generation: number;
      readonly labels: readonly string[];
    }
  | {
      readonly stage: 'take' | 'deploy' | 'reload' | 'roll-back' | 'prove';
      readonly at: Instant;
      readonly generation: number;
    }
  /** Nothing is due until then. */
  | { readonly stage: 'rest'; readonly at: Instant; readonly until: Instant }
  /** It is deleted: keys and chains are archived, and all other state is removed. */
  | { readonly stage: 'forget'; readonly at: Instant }
  | { readonly stage: 'rename'; readonly at: Instant; readonly from: string }
  /** The rest depends on the act of another party. */
  | {
      readonly stage: 'open';
      readonly at: Instant;
      readonly person: boolean;
      readonly reasons: readonly Reason[];
    };

/** From a plan that was made on `facts` to the idle state, or to where the rest is unknown. */
export function forecast(first: Plan, intent: Intent, facts: Facts, now: Instant): Stage[] {
  const stages: Stage[] = [];
  const calm: Intent = { ...intent, force: false };
  let world: ModelWorld | undefined = { facts, now };
  let next = first;
  for (let plans = 0; plans < MOST_PLANS && stages.length < MOST_STAGES; plans += 1) {
    const stage = stageOf(next, world, intent);
    // An order is one stage for the reader, however many steps it takes.
    if (!isRepeat(stage, stages.at(-1))) stages.push(stage);
    if (next.kind === 'step') world = afterStep(next.step, world, calm);
    else if (next.kind === 'wait' && next.known) world = later(world, calm, next.until);
    else break;
    if (world === undefined) break;
    next = plan(calm, world.facts, renewalAfter(world), world.now);
  }
  return stages;
}

function isRepeat(stage: Stage, before: Stage | undefined): boolean {
  return before !== undefined && JSON.stringify(stage) === JSON.stringify(before);
}

/** A certificate is renewed only once in a forecast. */
function renewalAfter({ facts, now }: ModelWorld): Instant {
  const leaf = liveGeneration(facts.lineage)?.chain?.certificates[0];
  if (leaf === undefined) return Infinity;
  return Math.max(now + 1, leaf.notBefore + (leaf.notAfter - leaf.notBefore) * RENEWAL_SHARE);
}

function stageOf(next: Plan, { facts, now: at }: ModelWorld, intent: Intent): Stage {
  switch (next.kind) {
    case 'step':
      return stageOfStep(next.step, facts, at, intent);
    case 'wait': {
      const { until, known, reasons } = next;
      return known
        ? { stage: 'wait', at, until, reasons }
        : { stage: 'open', at, person: false, reasons };
    }
    case 'blocked':
      return { stage: 'open', at, person: next.person, reasons: next.reasons };
    case 'done':
      return facts.lineage.orders?.leaving === undefined
        ? { stage: 'rest', at, until: next.until }
        : { stage: 'forget', at };
  }
}

function stageOfStep(step: Step, facts: Facts, at: Instant, intent: Intent): Stage {
  switch (step.kind) {
    case 'create-key': {
      const { kind: _, ...key } = step;
      return { stage: 'key', at, ...key };
    }
    case 'obtain': {
      const { directory, domains } = intent;
      return { stage: 'order', at, generation: step.generation, directory, domains };
    }
    case 'publish': {
      const { owner, add, remove, ttl } = step.edit;
      const target = facts.owners[owner]?.target ?? owner;
      const words = (all: readonly RdataHex[]): string[] =>
        all.map((rdata) => recordWords(tlsaOf(rdata), facts, intent));
      return {
        ...{ stage: remove.length > 0 && add.length === 0 ? 'withdraw' : 'publish', at },
        ...{ owner: target, ttl, add: words(add), remove: words(remove) },
      };
    }
    case 'send': {
      const { generation, labels } = step;
      return { stage: 'send', at, generation, labels };
    }
    case 'repair':
      return { stage: 'deploy', at, generation: step.generation };
    default:
      return { stage: step.kind, at, generation: step.generation };
  }
}

/** A record as in a zone file; a digest that does not exist yet is described. */
function recordWords(record: Tlsa, { lineage }: Facts, intent: Intent): string {
  const { combination } = record;
  const supplies = ({ chain, spki }: Generation): boolean =>
    (chain === undefined
      ? recordsOfKey(spki, combination)
      : recordsOf(chain, combination, intent.policy)
    ).includes(record);
  const of = lineage.generations.filter(supplies);
  if (of.some(({ spki, chain }) => !isNew(record, spki, chain))) return tlsaText(record);
  const [generation] = of;
  if (generation === undefined) return tlsaText(record);
  const what = namesAuthority(record) ? 'CA certificate' : 'key';
  return `${combination.text} (the digest of the ${what} of generation ${generation.number})`;
}

function isNew(record: Tlsa, spki: string, chain: Generation['chain']): boolean {
  if (!namesAuthority(record)) return isAhead(spki);
  return chain?.certificates.slice(1).every(({ der }) => isAhead(der)) === true;
}

/** What follows the wait, or is next; undefined if it is unknown. */
export function nextStage(stages: readonly Stage[]): Stage | undefined {
  return stages.find(({ stage }) => stage !== 'wait' && stage !== 'open');
}
