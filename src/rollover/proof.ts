// The evidence of a deployment: handshakes, not exit codes.
import { formatInstant } from '../base/clock.ts';
import type { Reason } from './decision.ts';
import { rivalAt, standsBeside } from './beside.ts';
import type { Facts } from './facts.ts';
import { sameLeaf } from './facts.ts';
import type { Generation, Intent } from './model.ts';
import { NO_TLS } from './sightings.ts';
import type { Sighting } from './sightings.ts';

export interface Proof {
  readonly proven: boolean;
  /** Some endpoint answers and still presents something else. */
  readonly stale: boolean;
  readonly reasons: readonly Reason[];
}

/**
 * Whether every endpoint was seen, after the deployment, to present this generation and nothing else: nothing but what another
 * certificate presents there to clients of the other algorithm.
 */
export function proof(live: Generation, intent: Intent, facts: Facts): Proof {
  const reasons: Reason[] = [];
  let stale = false;
  for (const service of intent.services) {
    // Where no handshake can be made the target's acknowledgement is the evidence (rule 17).
    if (!service.reachable || !service.running) continue;
    const history = facts.services[service.id];
    for (const [address, endpoint] of Object.entries(history?.endpoints ?? {})) {
      const seen =
        endpoint.answeredAt !== undefined && endpoint.answeredAt >= (live.deployedAt ?? Infinity);
      if (!seen || endpoint.failure !== undefined) {
        reasons.push({
          rule: 'seen-at-every-endpoint',
          because: `${service.id} at ${address} was not seen since ${formatInstant(live.deployedAt ?? 0)}: ${endpoint.failure ?? 'not asked yet'}`,
          section: 'RFC 7671 §8.1',
        });
        continue;
      }
      const isNew = ({ chain: id }: Sighting): boolean => {
        const chain = history?.chains[id];
        return chain !== undefined && live.chain !== undefined && sameLeaf(chain, live.chain);
      };
      const other = endpoint.sightings.find(
        (sighting) =>
          !isNew(sighting) && !standsBeside(sighting, live.keyType, service, history, facts),
      );
      if (other === undefined && endpoint.sightings.some(isNew)) continue;
      stale = true;
      const presents =
        other === undefined
          ? 'does not present it to clients of its algorithm'
          : `still presents ${other.chain === NO_TLS ? 'no TLS' : 'another certificate'}`;
      const rival = other && rivalAt(other, live.keyType, service, history, facts);
      reasons.push({
        rule: 'only-the-new-chain',
        because: `${service.id} at ${address} ${rival === undefined ? presents : `presents the certificate "${rival}"`}`,
        section: 'RFC 7671 §8.1',
        ...(rival === undefined
          ? {}
          : {
              hint: `a server presents one certificate of each algorithm: let it load the files of "${intent.name}" and take the service out of "${rival}", or the other way round; or give one of them another key_type`,
            }),
      });
    }
  }
  return { proven: reasons.length === 0, stale, reasons };
}
