// The evidence of a deployment: handshakes, not exit codes.
import { formatInstant } from '../../../base/clock.ts';
import type { Instant, Seconds } from '../../../base/clock.ts';
import { sameLeaf } from '../../../dane/chain.ts';
import { isJustTold } from '../../attempts.ts';
import type { Reason } from '../../reasons.ts';
import { rivalAt, standsBeside } from '../../law/dual-algorithm.ts';
import { brokenServices } from './broken-services.ts';
import { generationOf } from '../../law/facts.ts';
import type { Situation } from '../../law/situation.ts';
import type { Generation } from '../../model.ts';
import { placeText, placesOf } from './endpoints.ts';
import type { Place } from './endpoints.ts';
import { silence } from './silent-endpoint.ts';
import { NO_TLS } from '../../record/service-history.ts';
import type { Sighting } from '../../record/service-history.ts';

/**
 * A reload takes seconds, and old processes end within minutes: a chain that is not presented by
 * then will not be.
 */
const NEVER_PRESENTED: Seconds = 900;

export interface Proof {
  readonly proven: boolean;
  /**
   * An endpoint answers and presents another chain, which is not that of another configured
   * certificate.
   */
  readonly stale: boolean;
  /** Services that worked before the deployment and fail since then. */
  readonly broken: readonly Reason[];
  /** Endpoints that present something else. */
  readonly others: readonly Reason[];
  /** Endpoints that were not seen since the deployment. */
  readonly unseen: readonly Reason[];
}

/**
 * Whether every endpoint was seen, after the deployment, to present this generation and nothing
 * else, except the chain of another certificate for clients of the other algorithm.
 */
export function proof(live: Generation, situation: Situation): Proof {
  const { intent, facts, now } = situation;
  const others: Reason[] = [];
  const unseen: Reason[] = [];
  let stale = false;
  for (const place of placesOf(intent, facts)) {
    if (!isSeen(place, live)) {
      unseen.push(unseenReason(place, live, now));
      continue;
    }
    const other = otherAt(place, live, situation);
    if (other === undefined) continue;
    stale ||= other.rival === undefined;
    others.push(otherReason(place, other, live, situation));
  }
  const broken = brokenServices(live, intent, facts, now);
  return { proven: others.length + unseen.length === 0, stale, broken, others, unseen };
}

function isSeen({ endpoint }: Place, { deployedAt = Infinity }: Generation): boolean {
  const { answeredAt = -Infinity, failure } = endpoint;
  return answeredAt >= deployedAt && failure === undefined;
}

function unseenReason(place: Place, { deployedAt = 0 }: Generation, now: Instant): Reason {
  const { failure = 'no handshake yet' } = place.endpoint;
  return {
    rule: 'seen-at-every-endpoint',
    because: `${placeText(place)} was not seen since ${formatInstant(deployedAt)}: ${failure}`,
    ...silence(place, now),
  };
}

interface Other {
  /** Undefined: the new chain is not presented to clients of its algorithm. */
  readonly sighting?: Sighting;
  /** The certificate to which the chain belongs. */
  readonly rival?: string;
}

function otherAt(
  { service, endpoint }: Place,
  live: Generation,
  { facts }: Situation,
): Other | undefined {
  const history = facts.services[service.id];
  const isNew = ({ chain: id }: Sighting): boolean => {
    const chain = history?.chains[id];
    return chain !== undefined && live.chain !== undefined && sameLeaf(chain, live.chain);
  };
  const sighting = endpoint.sightings.find(
    (one) => !isNew(one) && !standsBeside(one, live.keyType, service, facts),
  );
  if (sighting === undefined) return endpoint.sightings.some(isNew) ? undefined : {};
  const rival = rivalAt(sighting, live.keyType, service, facts);
  return { sighting, ...(rival === undefined ? {} : { rival }) };
}

function otherReason(
  place: Place,
  { sighting, rival }: Other,
  live: Generation,
  situation: Situation,
): Reason {
  const { intent, now } = situation;
  const reason = { rule: 'only-the-new-chain' } as const;
  const at = placeText(place);
  if (rival !== undefined) {
    return {
      ...reason,
      because: `${at} presents the certificate "${rival}"`,
      hint:
        'a server presents one certificate of each algorithm: let it load the files of ' +
        `"${intent.name}" and take the service out of "${rival}", or the reverse; or give ` +
        'one of them another key_type',
    };
  }
  const presents =
    sighting === undefined
      ? 'does not present it to clients of its algorithm'
      : `still presents ${sighting.chain === NO_TLS ? 'no TLS' : whose(sighting, place, situation)}`;
  const since = Math.max(live.deployedAt ?? now, sighting?.since ?? sighting?.seenAt ?? 0);
  // Before the proof it is the chain that is to be replaced.
  const isOthers = live.provenAt !== undefined && isForeign(sighting, place, situation);
  if (now - since < NEVER_PRESENTED || isJustTold(live, now)) {
    const hint = isOthers ? { hint: RENEWED_ELSEWHERE } : {};
    return { ...reason, because: `${at} ${presents}`, ...hint };
  }
  return {
    ...reason,
    because: `${at} ${presents}, although generation ${live.number} was deployed at ${formatInstant(live.deployedAt ?? since)}`,
    hint: isOthers ? `${RENEWED_ELSEWHERE}; ${LOADS_ANOTHER}` : LOADS_ANOTHER,
    needs: 'person',
  };
}

/** Why a service does not present what was deployed: the known causes. */
const LOADS_ANOTHER =
  'check which files the service loads: another path than in deploy; a container into ' +
  'which a single file is mounted (mount its folder); a Postfix SNI map, which ' +
  'contains copies (postmap -F); a service that needs a restart; or another instance ' +
  'or a proxy at this address (connect names another one)';

/** Not deployed by holger. */
const RENEWED_ELSEWHERE =
  'another client may renew it (certbot, acme.sh, a job of the service): disable that';

function isForeign(
  sighting: Sighting | undefined,
  { service }: Place,
  { facts }: Situation,
): boolean {
  const chain = sighting && facts.services[service.id]?.chains[sighting.chain];
  return chain !== undefined && generationOf(chain, facts.lineage) === undefined;
}

function whose({ chain: id }: Sighting, { service }: Place, { facts }: Situation): string {
  const chain = facts.services[service.id]?.chains[id];
  const ours = facts.lineage.generations.findLast(
    (one) => chain !== undefined && one.chain !== undefined && sameLeaf(one.chain, chain),
  );
  return ours === undefined ? 'another certificate' : `generation ${ours.number}`;
}
