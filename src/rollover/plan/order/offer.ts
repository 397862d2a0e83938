// What another program that renews a certificate has in its files: whether it becomes the next
// generation, and why not (rule 25).
import { formatInstant } from '../../../base/clock.ts';
import type { Instant, Seconds } from '../../../base/clock.ts';
import type { Chain } from '../../../dane/chain.ts';
import { sameLeaf } from '../../../dane/chain.ts';
import { keyAlgorithmText } from '../../../dane/key-algorithm.ts';
import { namesDomain } from '../../../dane/names.ts';
import type { Situation } from '../../law/situation.ts';
import { algorithmOf } from '../../model.ts';
import type { Generation } from '../../model.ts';
import type { Reason } from '../../reasons.ts';
import type { Offer } from '../../record/offer.ts';
import type { Validity } from './renewal.ts';
import { revokedAt } from './revoked.ts';

/** Programs write key and certificate one after the other. */
const WRITING: Seconds = 600;
/**
 * One that renews more often than DNS can follow would replace each staged chain before it is
 * deployed.
 */
const MOST_A_DAY = 3;
const DAY: Seconds = 86_400;
/** Clocks differ, and time zones are set wrongly. */
const CLOCKS_DIFFER: Seconds = DAY;

/** Of the lifetime: programs renew when a third is left, and try for some days. */
const LATE = 1 / 4;

/** From then on a person has to know that another program has not renewed it. */
export function lateAt({ notBefore, notAfter }: Validity): Instant {
  return notAfter - (notAfter - notBefore) * LATE;
}

type Pair = Extract<Offer, { readonly status: 'pair' }>;

export type Judged =
  /** It becomes the next generation. */
  | { readonly kind: 'new'; readonly chain: Chain }
  /** holger has it already. */
  | { readonly kind: 'known' }
  | { readonly kind: 'refused'; readonly reason: Reason };

/** `newest`: the staged generation, or else the live one. */
export function judgeOffer(newest: Generation | undefined, situation: Situation): Judged {
  const { facts, intent, lineage } = situation;
  const { offer } = facts;
  const { source = '' } = intent;
  if (offer === undefined) return { kind: 'known' };
  if (offer.status === 'none') return refused(offer, isBeingWritten(offer, situation));
  const { chain } = offer;
  if (newest?.chain !== undefined && sameLeaf(newest.chain, chain)) return { kind: 'known' };
  const had = lineage.generations.some((one) => one.chain && sameLeaf(one.chain, chain));
  if (had && !intent.force) return { kind: 'known' };
  const fault = faultOf(offer, newest, situation);
  if (fault === undefined) return { kind: 'new', chain };
  return refused({ because: `the certificate at ${source} ${fault.because}`, hint: fault.hint });
}

function refused(fault: Fault, transient: Partial<Reason> = { needs: 'person' }): Judged {
  const { because, hint } = fault;
  return { kind: 'refused', reason: { rule: 'pair-is-usable', because, hint, ...transient } };
}

function isBeingWritten(
  { changedAt }: Extract<Offer, { readonly status: 'none' }>,
  { now }: Situation,
): Partial<Reason> | undefined {
  if (changedAt === undefined || changedAt > now || now >= changedAt + WRITING) return undefined;
  return { until: changedAt + WRITING };
}

interface Fault {
  readonly because: string;
  readonly hint: string;
}

function faultOf(
  offer: Pair,
  newest: Generation | undefined,
  situation: Situation,
): Fault | undefined {
  const { intent, lineage, now } = situation;
  const leaf = offer.chain.certificates[0];
  if (leaf === undefined) return { because: 'is empty', hint: 'check the program that writes it' };
  const wanted = algorithmOf(intent.keyType);
  if (offer.algorithm !== wanted) {
    const has = keyAlgorithmText(offer.algorithm);
    return {
      because: `has a key of the kind ${has}, but key_type is ${intent.keyType}`,
      hint: 'set key_type to the kind of key that the other program makes, or change it there',
    };
  }
  const missing = intent.domains.filter((domain) => !namesDomain(leaf.names, domain));
  if (missing.length > 0) {
    return {
      because: `lacks ${missing.join(', ')}`,
      hint: 'let the other program order these names, or correct domains',
    };
  }
  const hint = 'check why the other program has not renewed it';
  if (leaf.notAfter <= now) {
    return { because: `expired at ${formatInstant(leaf.notAfter)}`, hint };
  }
  if (leaf.notBefore - now > CLOCKS_DIFFER) {
    const because = `is valid only from ${formatInstant(leaf.notBefore)}`;
    return { because, hint: 'check the clock of this machine' };
  }
  if (lineage.generations.some((one) => one.compromised === true && one.spki === offer.spki)) {
    return {
      because: 'is for the compromised key',
      hint: 'let the other program renew it with a new key',
    };
  }
  const revoked = revokedAt(offer.chain, lineage);
  if (revoked !== undefined) {
    return { because: `was revoked at ${formatInstant(revoked)}`, hint };
  }
  return isOlder(leaf, newest, situation)
    ? {
        because: `was issued at ${formatInstant(leaf.notBefore)}, before the one that is used`,
        hint: `to take it all the same: holger run ${intent.name} --force`,
      }
    : undefined;
}

/** A restored backup, for example. What another issuer made may be older: it was replaced. */
function isOlder(
  { notBefore }: { readonly notBefore: Instant },
  newest: Generation | undefined,
  { intent }: Situation,
): boolean {
  const known = newest?.chain?.certificates[0];
  if (known === undefined || newest?.directory !== intent.directory || intent.force) return false;
  return notBefore < known.notBefore;
}

/** It renews too often; undefined: the next one can be taken. */
export function tooMany({ intent, lineage, now }: Situation): Reason | undefined {
  if (intent.force) return undefined;
  const taken = lineage.generations
    .filter(({ directory, rollbackOf }) => directory === intent.directory && !rollbackOf)
    .flatMap(({ issuedAt = -Infinity }) =>
      issuedAt > now - DAY && issuedAt <= now ? issuedAt : [],
    );
  const first = taken.at(-MOST_A_DAY);
  if (first === undefined) return undefined;
  return {
    rule: 'pair-is-usable',
    because:
      `${intent.source ?? ''} has changed more than ${MOST_A_DAY} times in a day: each change ` +
      `begins a rollover, so the next one is taken after ${formatInstant(first + DAY)}`,
    hint: `check the timer of the other program; to take it now: holger run ${intent.name} --force`,
    until: first + DAY,
  };
}
