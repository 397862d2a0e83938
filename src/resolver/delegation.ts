// What the parent of a zone delegates to. Resolvers may follow either side of a zone cut, so the
// parent's word counts too.
import { AppError } from '../base/errors.ts';
import { rrsetIn } from '../dns/answer.ts';
import { parentOf, type Fqdn } from '../dns/name.ts';
import { addressText } from '../dns/rdata.ts';
import { ask } from './ask.ts';
import { findZone } from './discover.ts';
import {
  hostsOf,
  nameServersByLookup,
  targetsOf,
  type NameServer,
  type ZoneServers,
} from './hosts.ts';
import type { Message } from '../dns/wire-reader.ts';
import type { Call } from '../ports/call.ts';
import type { ServerAddress } from './transport.ts';
import type { LookUp } from './validating.ts';

const PARENT_TIMEOUT_MS = 3000;
/**
 * Servers of the parent that are tried one after the other; if so many are silent, the others are,
 * too.
 */
const MOST_TRIES = 8;

/**
 * NS names and glue as the parent delegates, from the first of its servers that answers.
 * @throws AppError DNS_* when none does: a server that only the parent names would be overlooked
 */
export async function delegationOf(
  lookUp: LookUp,
  zone: Fqdn,
  zones: readonly ZoneServers[],
  call: Call,
): Promise<NameServer[]> {
  const above = parentOf(zone);
  if (above === undefined) return [];
  const { zone: parent } = await findZone(lookUp, above, call);
  const configured = zones.find((entry) => entry.zone === parent);
  const details: string[] = [];
  for await (const server of parentServers(lookUp, parent, configured, call)) {
    if (details.length >= MOST_TRIES) break;
    const reply = await ask(server, {
      name: zone,
      type: 'NS',
      recursionDesired: false,
      timeoutMs: PARENT_TIMEOUT_MS,
      signal: call.signal,
    });
    const found = reply.status === 'answered' ? referral(reply.message, zone) : undefined;
    if (found !== undefined) return found;
    details.push(reply.status === 'answered' ? `${server.address}: no delegation` : reply.detail);
  }
  throw new AppError(
    'DNS_UNREACHABLE',
    `no server of ${parent} answered with the delegation of ${zone}`,
    {
      hint: `list the addresses of the servers of ${zone} as nameservers in its [[zone]]`,
      details: { zone, parent, answers: details },
    },
  );
}

async function* parentServers(
  lookUp: LookUp,
  parent: Fqdn,
  configured: ZoneServers | undefined,
  call: Call,
): AsyncGenerator<ServerAddress> {
  if (configured?.nameservers !== undefined) {
    yield* configured.nameservers;
    return;
  }
  for (const server of await nameServersByLookup(lookUp, parent, call)) {
    const { targets } = await targetsOf(lookUp, server, configured?.port ?? 53, call);
    yield* targets.map(({ address }) => address);
  }
}

/**
 * A referral has the NS in the authority section; a server that also serves the child answers for
 * it.
 */
function referral(message: Message, zone: Fqdn): NameServer[] | undefined {
  const rrset = rrsetIn(message.authorities, zone, 'NS') ?? rrsetIn(message.answers, zone, 'NS');
  if (rrset === undefined || message.rcode !== 0) return undefined;
  return hostsOf(rrset).map((host) => ({
    host,
    glue: (['A', 'AAAA'] as const).flatMap(
      (type) =>
        rrsetIn(message.additionals, host, type)?.rdata.map((rdata) => addressText(type, rdata)) ??
        [],
    ),
  }));
}
