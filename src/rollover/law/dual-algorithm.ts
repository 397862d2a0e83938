// RSA beside ECDSA: two certificates that name one service. Each is presented to the clients that
// ask for its algorithm, and a new chain of one replaces nothing that the other presents.
import type { Fqdn } from '../../dns/name.ts';
import { generationOf, liveOf, sharingWith } from './facts.ts';
import type { Facts, Neighbour } from './facts.ts';
import type { EndpointLive } from './laws.ts';
import { algorithmOf } from '../model.ts';
import type { Intent, KeyType, ServiceIntent } from '../model.ts';
import { NO_TLS } from '../record/service-history.ts';
import type { ServiceHistory, Sighting } from '../record/service-history.ts';

/** What decides which certificate the chain of a handshake belongs to. */
export type Company = Pick<Facts, 'lineage' | 'neighbours' | 'services'>;

/**
 * Whether a handshake showed the chain of the other algorithm, for which another certificate names
 * the service. If no other certificate does, the chain is still to be replaced; the same applies to
 * an older chain of this certificate with another kind of key.
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
 * Another certificate with a key of the same algorithm whose chain a handshake showed: the server
 * can present only one of the two.
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
 * The chains that a new chain of this certificate would replace, at each endpoint of its services
 * whose records are at the same place as those of this owner: what was observed of one RRset under
 * one name applies to all of them.
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
      // place of any other.
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
