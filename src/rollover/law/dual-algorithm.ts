// RSA beside ECDSA: two certificates that name one service. Each is presented to the clients that
// ask for its algorithm, and a new chain of the one takes the place of nothing that the other
// presents.
import type { Fqdn } from '../../dns/name.ts';
import { generationOf, liveOf, sharingWith } from './facts.ts';
import type { Facts, Neighbour } from './facts.ts';
import type { EndpointLive } from './laws.ts';
import { algorithmOf } from '../model.ts';
import type { Intent, KeyType, ServiceIntent } from '../model.ts';
import { NO_TLS } from '../record/service-history.ts';
import type { ServiceHistory, Sighting } from '../record/service-history.ts';

/** What decides whose chain a handshake met. */
export type Company = Pick<Facts, 'lineage' | 'neighbours' | 'services'>;

/**
 * Whether a handshake met what stands beside a certificate with such a key: a chain of the other
 * algorithm, for which another certificate names the service. Where none does, a chain of another
 * algorithm is one that is still to be replaced; and so is an older one of this certificate, which
 * had another kind of key then.
 */
export function standsBeside(
  sighting: Sighting,
  keyType: KeyType,
  service: ServiceIntent,
  { lineage, neighbours, services }: Company,
): boolean {
  const chain = services[service.id]?.chains[sighting.chain];
  if (sighting.chain === NO_TLS || chain === undefined) return false;
  if (sighting.algorithm === algorithmOf(keyType)) return false;
  const isNamed = ({ intent }: Neighbour): boolean =>
    algorithmOf(intent.keyType) === sighting.algorithm &&
    intent.services.some(({ id }) => id === service.id);
  return neighbours.some(isNamed) && generationOf(chain, lineage) === undefined;
}

/**
 * Another certificate with a key of the same algorithm, whose chain a handshake met: only one of
 * the two can be presented.
 */
export function rivalAt(
  sighting: Sighting,
  keyType: KeyType,
  service: ServiceIntent,
  { neighbours, services }: Company,
): string | undefined {
  const chain = services[service.id]?.chains[sighting.chain];
  if (chain === undefined) return undefined;
  const rival = neighbours.find(
    ({ intent, lineage }) =>
      algorithmOf(intent.keyType) === algorithmOf(keyType) &&
      intent.services.some(({ id }) => id === service.id) &&
      generationOf(chain, lineage) !== undefined,
  );
  return rival?.intent.name;
}

/**
 * The chains in whose place a new chain of this certificate would come, at each endpoint of its own
 * services whose records stand where those of this owner do: what was seen of one RRset under one
 * name is known of all of them.
 */
export function replaceableAt(owner: Fqdn, intent: Intent, facts: Facts): EndpointLive[] {
  const here = sharingWith(owner, facts);
  return intent.services
    .filter((service) => here.includes(service.owner))
    .flatMap((service) => {
      const { lineage, placed, neighbours } = facts;
      const own = { intent, lineage, placed };
      const history = facts.services[service.id];
      const naming = neighbours.filter((one) =>
        one.intent.services.some(({ id }) => id === service.id),
      );
      const clientele = { service, trusted: facts.trusted };
      const everything = liveOf(clientele, [own, ...naming], history);
      const alone = liveOf(clientele, [own], withoutBeside(service, intent, facts));
      // An endpoint that presents nothing of this algorithm yet: a client may get the new chain in
      // place of any.
      return everything.map((all) => {
        const mine = alone.find(({ address }) => address === all.address);
        return mine === undefined || mine.live.length === 0 ? all : mine;
      });
    });
}

function withoutBeside(
  service: ServiceIntent,
  { keyType }: Intent,
  facts: Facts,
): ServiceHistory | undefined {
  const history = facts.services[service.id];
  if (history === undefined) return undefined;
  const endpoints = Object.entries(history.endpoints).map(([address, endpoint]) => {
    const sightings = endpoint.sightings.filter(
      (sighting) => !standsBeside(sighting, keyType, service, facts),
    );
    return [address, { ...endpoint, sightings }] as const;
  });
  return { ...history, endpoints: Object.fromEntries(endpoints) };
}
