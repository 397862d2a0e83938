// Who serves a zone: the NS records on both sides of the zone cut, or the addresses that the
// configuration names instead.
import { AppError } from '../base/errors.ts';
import { delegationOf } from './delegation.ts';
import {
  configuredTarget,
  merged,
  nameServersByLookup,
  targetsOf,
  type NameServer,
  type Target,
  type Unfound,
  type ZoneServers,
} from './hosts.ts';
import type { Clock, Instant, Seconds } from '../base/clock.ts';
import type { Fqdn } from '../dns/name.ts';
import type { Call } from '../ports/call.ts';
import type { LookUp } from './validating.ts';

export interface Servers {
  readonly hosts: readonly Fqdn[];
  readonly targets: readonly Target[];
  readonly unfound: readonly Unfound[];
  /** The configuration says that these are all. */
  readonly fixed: boolean;
}

export interface ServerList {
  /** @throws AppError DNS_* */
  of(zone: Fqdn, call: Call): Promise<Servers>;
  /** Addresses of servers that were learnt elsewhere. */
  locate(hosts: readonly Fqdn[], zone: Fqdn, call: Call): Promise<Servers>;
}

export interface ServerListOptions {
  readonly lookUp: LookUp;
  readonly zones: readonly ZoneServers[];
  readonly clock: Clock;
}

/**
 * A delegation changes rarely, its servers belong to others, and sweeps are repeated every few
 * seconds.
 */
const DELEGATION_KEPT: Seconds = 300;

export function createServerList(options: ServerListOptions): ServerList {
  const { lookUp, zones } = options;
  const delegated = createDelegations(options);
  return {
    locate: (hosts, zone, call) => {
      const servers = hosts.map((host) => ({ host, glue: [] }));
      return locateAll(servers, zone, options, call);
    },
    async of(zone, call) {
      const configured = zones.find((entry) => entry.zone === zone);
      const extra = (configured?.extra ?? []).map(configuredTarget);
      if (configured?.nameservers !== undefined) {
        const targets = [...configured.nameservers.map(configuredTarget), ...extra];
        return { hosts: [], targets, unfound: [], fixed: true };
      }
      const [child, parent] = await Promise.all([
        nameServersByLookup(lookUp, zone, call),
        delegated(zone, call),
      ]);
      const servers = await locateAll(merged([...child, ...parent]), zone, options, call);
      if (servers.targets.length + servers.unfound.length === 0) {
        throw new AppError('DNS_NO_ZONE', `zone ${zone} has no name server with an address`, {
          hint: `check the NS records of ${zone}, or list its nameservers in [[zone]]`,
        });
      }
      return { ...servers, targets: [...servers.targets, ...extra] };
    },
  };
}

/** The NS records of the parent zones, kept for a while. */
function createDelegations({ lookUp, zones, clock }: ServerListOptions) {
  const known = new Map<Fqdn, { readonly until: Instant; readonly list: NameServer[] }>();
  return async (zone: Fqdn, call: Call): Promise<NameServer[]> => {
    const kept = known.get(zone);
    if (kept !== undefined && kept.until > clock.now()) return kept.list;
    const list = await delegationOf(lookUp, zone, zones, call);
    known.set(zone, { until: clock.now() + DELEGATION_KEPT, list });
    return list;
  };
}

async function locateAll(
  servers: readonly NameServer[],
  zone: Fqdn,
  { lookUp, zones }: ServerListOptions,
  call: Call,
): Promise<Servers> {
  const port = zones.find((entry) => entry.zone === zone)?.port ?? 53;
  const found = await Promise.all(servers.map((item) => targetsOf(lookUp, item, port, call)));
  return {
    hosts: servers.map(({ host }) => host),
    targets: found.flatMap(({ targets }) => targets),
    unfound: found.flatMap(({ unfound }) => unfound ?? []),
    fixed: false,
  };
}
