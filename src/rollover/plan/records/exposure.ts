// Clients that are refused at this moment, whatever the cause: an endpoint just presented a chain
// that an RRset that may be cached does not match. This is only reported; every act is still judged
// by the laws.
import { formatInstant } from '../../../base/clock.ts';
import type { Reason } from '../../reasons.ts';
import { tlsaOf } from '../../../dane/tlsa.ts';
import { generationOf } from '../../law/facts.ts';
import { failed, judge } from '../../law/laws.ts';
import type { Live } from '../../law/laws.ts';
import type { ServiceIntent } from '../../model.ts';
import { textOf } from './owner-state.ts';
import { NO_TLS } from '../../record/service-history.ts';
import { TRUST_HINT, asksForTrust, untrusted } from '../../law/pkix-trust.ts';
import { cachedUntil, cachedVersions } from '../../record/versions.ts';
import type { Situation } from '../../law/situation.ts';

export interface Exposure {
  readonly reason: Reason;
  /**
   * It lasts until a person fixes it: the presented chain is foreign, and the records are served
   * now.
   */
  readonly lasting: boolean;
}

const HINT = 'check what was put in service there, and let it load the files that holger deployed';
const TLS_HINT = 'enable TLS there again, with the files that holger deployed';

/** What a handshake with a service showed that clients may refuse. */
interface Presented {
  readonly service: ServiceIntent;
  readonly address: string;
  readonly live: Live;
}

export function exposures(situation: Situation): Exposure[] {
  const { facts, behindAliases } = situation;
  const owners = behindAliases.daneOwners.map(({ owner }) => owner);
  return behindAliases.intent.services.flatMap((service) => {
    if (!owners.includes(service.owner) || !service.reachable || !service.running) return [];
    const history = facts.services[service.id];
    return Object.entries(history?.endpoints ?? {}).flatMap(([address, endpoint]) => {
      // What does not answer may have been fixed since.
      if (endpoint.failure !== undefined) return [];
      return endpoint.sightings
        .filter(({ missedSince }) => missedSince === undefined)
        .flatMap(({ chain: id }) => {
          const live = id === NO_TLS ? NO_TLS : history?.chains[id];
          return live === undefined ? [] : exposure({ service, address, live }, situation);
        });
    });
  });
}

function exposure(
  { service, address, live }: Presented,
  { intent, facts, now }: Situation,
): Exposure[] {
  const history = facts.owners[service.owner];
  // In a zone that does not validate, no client is refused because of a record.
  if (history?.security !== 'secure') return [];
  const clientele = { service, trusted: facts.trusted };
  const refusing = cachedVersions(history, intent.policy, now)
    .filter(({ unknown }) => !unknown)
    .map((version) => ({
      end: cachedUntil(version, intent.policy),
      combinations: failed(
        judge(live, version.content.map(tlsaOf), clientele, { at: now, until: now }),
      ),
    }))
    .filter(({ combinations }) => combinations.length > 0)
    .sort((a, b) => (a.end === b.end ? 0 : b.end - a.end));
  const [longest] = refusing;
  if (longest === undefined) return [];
  const { end, combinations } = longest;
  const served = !Number.isFinite(end);
  const who = served ? 'clients are refused' : `clients may be refused until ${formatInstant(end)}`;
  const which = served ? 'served now' : 'of an RRset that may be cached until then';
  const alien =
    combinations.every(asksForTrust) &&
    untrusted([{ ...clientele, address, live: [live] }], now) !== undefined;
  const what =
    live === NO_TLS
      ? `offers no TLS, which any record ${which} makes mandatory`
      : `presents a chain that matches no ${textOf(combinations)} record ${which}${alien ? ', and leads to no CA of the PKIX store' : ''}`;
  const lasting = served && (live === NO_TLS || generationOf(live, facts.lineage) === undefined);
  const reason: Reason = {
    rule: 'clients-are-refused',
    because: `${who}: ${service.id} at ${address} ${what}`,
    ...(alien ? { hint: TRUST_HINT } : lasting ? { hint: live === NO_TLS ? TLS_HINT : HINT } : {}),
    ...(served ? {} : { until: end }),
  };
  return [{ reason, lasting }];
}
