// The evidence of a deployment: handshakes, not exit codes.
import { formatInstant } from '../base/clock.ts';
import type { Reason } from './decision.ts';
import type { Facts } from './facts.ts';
import { sameLeaf } from './facts.ts';
import type { Generation, Intent } from './model.ts';

export interface Proof {
  readonly proven: boolean;
  /** Some endpoint answers and still presents something else. */
  readonly stale: boolean;
  readonly reasons: readonly Reason[];
}

/** Whether every endpoint was seen, after the deployment, to present this generation and nothing else. */
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
      const other = endpoint.sightings.filter(({ chain: id }) => {
        const chain = history?.chains[id];
        return chain === undefined || live.chain === undefined || !sameLeaf(chain, live.chain);
      });
      if (other.length === 0) continue;
      stale = true;
      reasons.push({
        rule: 'only-the-new-chain',
        because: `${service.id} at ${address} still presents ${other[0]?.chain === 'no-tls' ? 'no TLS' : 'another certificate'}`,
        section: 'RFC 7671 §8.1',
      });
    }
  }
  return { proven: reasons.length === 0, stale, reasons };
}
