// Services that worked before a deployment and fail their handshakes since then: key and
// certificate that do not match, a file that the service cannot read. This does not end by itself
// (rule 27).
import { formatInstant } from '../../../base/clock.ts';
import type { Instant, Seconds } from '../../../base/clock.ts';
import type { Reason } from '../../reasons.ts';
import type { Facts } from '../../law/facts.ts';
import { generationBefore } from '../order/generation-before.ts';
import type { Generation, Intent } from '../../model.ts';
import { placeText, placesOf } from './endpoints.ts';
import type { Place } from './endpoints.ts';
import { NO_TLS } from '../../record/service-history.ts';

/** A service that restarts refuses connections for some seconds. */
const RESTART: Seconds = 10;

/** Endpoints that present a chain at this moment. */
export function presenting(
  intent: Pick<Intent, 'services'>,
  facts: Pick<Facts, 'services'>,
): string[] {
  return placesOf(intent, facts)
    .filter(
      ({ endpoint: { failure, sightings } }) =>
        failure === undefined && sightings.some(({ chain }) => chain !== NO_TLS),
    )
    .map(placeText);
}

/**
 * Since when an endpoint that worked has shown no chain, if it has shown none since the files were
 * placed.
 */
function failingSince({ endpoint }: Place, placedAt: Instant): Instant | undefined {
  const { failure, answeredAt = -Infinity, failingSince: since, sightings } = endpoint;
  if (failure !== undefined) return answeredAt < placedAt ? since : undefined;
  const bare = sightings.find(({ chain, seenAt }) => chain === NO_TLS && seenAt >= placedAt);
  return bare?.since ?? bare?.seenAt;
}

/** Whether it is not known yet if a service that worked before the last placing works after it. */
export function isOpen(live: Generation, intent: Intent, facts: Pick<Facts, 'services'>): boolean {
  const { placedAt = Infinity, presentedBefore = [] } = live;
  return placesOf(intent, facts).some(
    (place) =>
      presentedBefore.includes(placeText(place)) &&
      (place.endpoint.answeredAt ?? -Infinity) < placedAt,
  );
}

export function brokenServices(
  live: Generation,
  intent: Intent,
  facts: Pick<Facts, 'services' | 'lineage'>,
  now: Instant,
): Reason[] {
  const { placedAt, presentedBefore = [] } = live;
  if (placedAt === undefined) return [];
  return placesOf(intent, facts).flatMap((place) => {
    const since = failingSince(place, placedAt);
    const worked = presentedBefore.includes(placeText(place));
    if (!worked || since === undefined || now - since < RESTART) return [];
    const what = place.endpoint.failure ?? 'it offers no TLS any more';
    return [
      {
        rule: 'service-works',
        because: `${placeText(place)} worked before generation ${live.number} was deployed and fails since ${formatInstant(since)}: ${what}`,
        hint:
          'check the log of the service: can it read both key and certificate, and does it ' +
          `load them? ${wayBack(facts, now)}`,
        needs: 'person' as const,
      },
    ];
  });
}

function wayBack({ lineage }: Pick<Facts, 'lineage'>, now: Instant): string {
  const before = generationBefore(lineage, now);
  if (before === undefined) {
    return 'there is no earlier generation to go back to: put the former key and certificate back by hand, or fix the service';
  }
  return `to deploy generation ${before.number} again: holger rollback ${lineage.name}`;
}
