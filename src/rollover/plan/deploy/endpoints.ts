// Each address of each service at which a handshake can be made, with what is known of it.
import type { Facts } from '../../law/facts.ts';
import type { Intent, ServiceIntent } from '../../model.ts';
import type { EndpointMemory } from '../../record/service-history.ts';

export interface Place {
  readonly service: ServiceIntent;
  readonly address: string;
  readonly endpoint: EndpointMemory;
}

/** If no handshake can be made, the acknowledgement of the target is the evidence (rule 17). */
export function placesOf(
  { services }: Pick<Intent, 'services'>,
  facts: Pick<Facts, 'services'>,
): Place[] {
  return services
    .filter(({ reachable, running }) => reachable && running)
    .flatMap((service) =>
      Object.entries(facts.services[service.id]?.endpoints ?? {}).map(([address, endpoint]) => ({
        service,
        address,
        endpoint,
      })),
    );
}

/** For messages, and as the name of an endpoint in state documents. */
export function placeText({ service, address }: Pick<Place, 'service' | 'address'>): string {
  return `${service.id} at ${address}`;
}
