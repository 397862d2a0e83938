// Endpoints that holger has known for less than `settle` since its memory of them was lost. A
// reload that it began and does not remember may be in progress: as after a deployment, a program
// behind the address may still present what it loaded before (rules 14 and 16).
import { formatInstant } from '../../base/clock.ts';
import type { Instant } from '../../base/clock.ts';
import type { EndpointLive } from './laws.ts';
import type { OwnerView } from './owner-view.ts';

export interface JustMet {
  readonly because: string;
  /** When another handshake shows whatever is presented there. */
  readonly until: Instant;
}

export function justMet(
  endpoints: readonly EndpointLive[],
  { intent, now }: Pick<OwnerView, 'intent' | 'now'>,
): JustMet[] {
  return endpoints.flatMap(({ service, address, metAnewAt = -Infinity }) => {
    const until = Math.min(metAnewAt, now) + intent.policy.settle;
    if (until <= now) return [];
    const because = `${service.id} at ${address} is known only since ${formatInstant(metAnewAt)}, and a program behind it may still present what it loaded before`;
    return [{ because, until }];
  });
}
