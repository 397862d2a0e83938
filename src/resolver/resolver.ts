// The adapter behind ports/resolver.ts.
import { askDirectly } from './direct.ts';
import { shareLookUps } from './shared-look-ups.ts';
import { createServerList } from './servers.ts';
import { createPlace, createSweep } from './sweep.ts';
import { createProof, type Proof } from './proof.ts';
import { bestStanding } from './standing.ts';
import { createLookUp, DEFAULT_TIMEOUT_MS } from './validating.ts';
import type { Clock } from '../base/clock.ts';
import { defined } from '../base/defined.ts';
import type { Logger } from '../base/log.ts';
import type { Resolver, Standings } from '../ports/resolver.ts';
import type { ZoneServers } from './hosts.ts';
import type { ServerAddress } from './transport.ts';

export type { ZoneServers } from './hosts.ts';
export type { ServerAddress } from './transport.ts';

export interface ResolverOptions {
  /** Validating and trusted; 127.0.0.1 when the list is empty. */
  readonly resolvers: readonly ServerAddress[];
  readonly zones: readonly ZoneServers[];
  readonly clock: Clock;
  readonly logger?: Logger;
  /** Shared with other users of the same resolvers; without it they are tried again. */
  readonly proof?: Proof;
  /** For one look-up at one resolver. */
  readonly lookupTimeoutMs?: number;
  /** For all questions to one authoritative address in one sweep. */
  readonly addressTimeoutMs?: number;
}

export function createResolver(options: ResolverOptions): Resolver & Standings {
  const { resolvers, zones, clock, logger, lookupTimeoutMs, addressTimeoutMs } = options;
  const timeoutMs = lookupTimeoutMs ?? DEFAULT_TIMEOUT_MS;
  const proof = options.proof ?? createProof({ timeoutMs });
  const lookUp = createLookUp({
    ...{ resolvers, proof },
    ...defined({ logger }),
    timeoutMs,
  });
  const shared = shareLookUps(lookUp, clock);
  const servers = createServerList({ lookUp: shared, zones, clock });
  const sweeping = {
    ...{ lookUp: shared, servers, zones, clock },
    ...defined({ logger, addressTimeoutMs }),
  };
  return {
    lookup: (name, type, call) => lookUp(name, type, call),
    standing: (name, call) => bestStanding(resolvers, proof, name, call),
    sweep: createSweep(sweeping),
    place: createPlace(sweeping),
    ask: (zone, name, type, call) => askDirectly(servers, zone, { name, type }, call),
  };
}
