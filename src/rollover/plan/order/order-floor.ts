// How soon after a successful order the next one may follow (rule 28). Without this minimum a
// certificate that is due as soon as it is issued would be ordered again and again, until the CA's
// limits stop it.
import { formatInstant } from '../../../base/clock.ts';
import type { Instant, Seconds } from '../../../base/clock.ts';
import { formatDuration } from '../../../base/duration.ts';
import type { Reason } from '../../reasons.ts';
import type { Generation, Intent, Lineage } from '../../model.ts';
import type { Situation } from '../../law/situation.ts';
import { renewShare } from './renewal.ts';
import type { Validity } from './renewal.ts';
import { revokedAt } from './revoked.ts';

/**
 * CAs count certificates for the same names by the week; within an hour an operator can see that
 * something is wrong.
 */
const SHORTEST: Seconds = 3600;
/** Of the lifetime. */
const SHARE = 1 / 10;

const RULE = 'order-floor';

interface Made {
  readonly at: Instant;
  readonly lifetime: Seconds;
}

/**
 * Changed names, another CA and another kind of key are other certificates, which the operator
 * asked for. A certificate of any issuer that the operator names is right, but an order that has
 * yielded none is placed where it is asked for now.
 */
export function isForSame(
  generation: Pick<Generation, 'domains' | 'keyType' | 'directory' | 'chain' | 'request'>,
  intent: Pick<
    Intent,
    'domains' | 'keyType' | 'directory' | 'otherDirectories' | 'request' | 'keyAtTarget'
  >,
): boolean {
  const { directory, chain } = generation;
  const isNamed = chain !== undefined && intent.otherDirectories?.includes(directory) === true;
  const text = (domains: readonly string[]): string => [...new Set(domains)].sort().join(' ');
  return (
    isOfKind(generation, intent) &&
    (directory === intent.directory || isNamed) &&
    text(generation.domains) === text(intent.domains)
  );
}

/**
 * Its key is where the configuration says, and of the kind that it says. With a request of the
 * operator any kind is right: a changed request is used at the next renewal.
 */
export function isOfKind(
  { keyType, request }: Pick<Generation, 'keyType' | 'request'>,
  intent: Pick<Intent, 'keyType' | 'request' | 'keyAtTarget'>,
): boolean {
  if (intent.request !== undefined) return request === true;
  return (request === true) === (intent.keyAtTarget === true) && keyType === intent.keyType;
}

/**
 * The successful order of a generation. A certificate that was not ordered here was issued at its
 * notBefore.
 */
function orderOf({ chain, issuedAt, orderUrl }: Generation, now: Instant): Made[] {
  const leaf = chain?.certificates[0];
  if (leaf === undefined) return [];
  const lifetime = Math.max(0, leaf.notAfter - leaf.notBefore);
  // A time in the future was stored under another clock: the CA's own time is used.
  const known = [orderUrl === undefined ? undefined : issuedAt, leaf.notBefore];
  const at = known.find((instant) => instant !== undefined && instant <= now);
  return at === undefined ? [] : [{ at, lifetime }];
}

/**
 * Before this time no order is placed for the names, the CA and the kind of key of this intent;
 * undefined: there was no order yet.
 */
export function orderFloor(intent: Intent, lineage: Lineage, now: Instant): Instant | undefined {
  const made = lineage.generations
    .filter((generation) => isForSame(generation, intent))
    .flatMap((generation) => [
      ...orderOf(generation, now),
      ...(generation.wrong === undefined || generation.wrong.at > now ? [] : [generation.wrong]),
    ]);
  if (made.length === 0) return undefined;
  return Math.max(...made.map(({ at, lifetime }) => at + Math.max(SHORTEST, lifetime * SHARE)));
}

/**
 * The minimum if it is in the future, and neither the operator nor a compromised key allows an
 * earlier order.
 */
export function floorAhead(
  replaced: Generation | undefined,
  { intent, lineage, now }: Situation,
): Instant | undefined {
  if (intent.force || replaced?.compromised === true) return undefined;
  // The operator revoked it.
  if (revokedAt(replaced?.chain, lineage) !== undefined) return undefined;
  const floor = orderFloor(intent, lineage, now);
  return floor !== undefined && now < floor ? floor : undefined;
}

/** The operator changed the configuration and back again: that is not an error, and waits. */
export function tooSoon(floor: Instant, { name }: Intent): Reason {
  return {
    rule: RULE,
    because: `a certificate for the same names was issued a short time ago: the next order is placed after ${formatInstant(floor)}`,
    hint: `to order now: holger run ${name} --force`,
    until: floor,
  };
}

/** A new certificate that is already due: an error, with every possible cause. */
export function alreadyDue(
  { number, chain, issuedAt }: Generation,
  floor: Instant,
  { intent, lineage, now }: Situation,
): Reason {
  const leaf = chain?.certificates[0];
  const facts = [
    ...(leaf === undefined
      ? []
      : [
          `valid from ${formatInstant(leaf.notBefore)} to ${formatInstant(leaf.notAfter)} (lifetime ${formatDuration(leaf.notAfter - leaf.notBefore)})`,
          renewText(intent, leaf),
        ]),
    windowText(lineage),
    `clock of this machine ${formatInstant(now)}`,
  ];
  const since = issuedAt === undefined ? '' : `, issued at ${formatInstant(issuedAt)},`;
  return {
    rule: RULE,
    because: `generation ${number}${since} ${standing(leaf, now)}: ${facts.join('; ')}. The next order for the same names is placed after ${formatInstant(floor)}`,
    hint: `check the clock of this machine, and ask the CA why its certificate or its renewal window (ARI) ends so soon; to order now: holger run ${intent.name} --force`,
    until: floor,
  };
}

function standing(leaf: Validity | undefined, now: Instant): string {
  if (leaf !== undefined && now < leaf.notBefore) return 'is not valid yet';
  return leaf !== undefined && now >= leaf.notAfter ? 'has already expired' : 'is already due';
}

function renewText({ renewBefore }: Intent, leaf: Validity): string {
  if (renewBefore === undefined) return 'renew is not set';
  const counted = renewShare(leaf, renewBefore);
  const text = `renew = ${formatDuration(renewBefore)}`;
  return counted === renewBefore ? text : `${text}, which counts as ${formatDuration(counted)}`;
}

function windowText({ renewal }: Lineage): string {
  if (renewal?.windowStart === undefined || renewal.windowEnd === undefined) return 'no ARI window';
  return `ARI window from ${formatInstant(renewal.windowStart)} to ${formatInstant(renewal.windowEnd)}`;
}

/** The order succeeded, but its result cannot be used. */
export function useless(
  number: number,
  wrong: NonNullable<Generation['wrong']>,
  floor: Instant,
  { name }: Intent,
): Reason {
  return {
    rule: RULE,
    because:
      `the certificate that the CA issued for generation ${number} at ` +
      `${formatInstant(wrong.at)} cannot be used: ${wrong.because}. The next order is ` +
      `placed after ${formatInstant(floor)}`,
    hint: `report it to the CA; to order now: holger run ${name} --force`,
    until: floor,
  };
}

/** `renew` is more than half of the lifetime, and counts as half. */
export function cappedRenew(
  lifetime: Seconds | undefined,
  renewBefore: Seconds | undefined,
): { readonly because: string; readonly hint: string } | undefined {
  if (lifetime === undefined || renewBefore === undefined) return undefined;
  const counted = renewShare({ notBefore: 0, notAfter: lifetime }, renewBefore);
  if (counted === renewBefore) return undefined;
  return {
    because: `renew = ${formatDuration(renewBefore)} is more than half of the lifetime (${formatDuration(lifetime)}): it counts as ${formatDuration(counted)}`,
    hint: 'set a shorter renew, or leave it out',
  };
}

export function renewIsCapped({ chain }: Generation, { renewBefore }: Intent): Reason | undefined {
  const leaf = chain?.certificates[0];
  const capped = cappedRenew(leaf && leaf.notAfter - leaf.notBefore, renewBefore);
  if (capped === undefined) return undefined;
  return { rule: 'renew-fits-lifetime', ...capped };
}
