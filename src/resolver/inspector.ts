// The adapter behind ports/servers.ts.
import { randomInt } from 'node:crypto';
import { defined } from '../base/defined.ts';
import { AppError } from '../base/errors.ts';
import type { Fqdn } from '../dns/name.ts';
import { encodeQuery } from '../dns/query.ts';
import type { NameServerAddress, ServerReply, Servers, ZoneView } from '../ports/servers.ts';
import type { Call } from '../ports/call.ts';
import { knowsNoEdns } from './ask.ts';
import { delegationOf } from './delegation.ts';
import { standingOf } from './alias.ts';
import { findZone, type ZoneCut } from './discover.ts';
import type { NameServer, Target, ZoneServers } from './hosts.ts';
import { configuredTarget, merged, nameServersByLookup, targetsOf } from './hosts.ts';
import { serverText, type ServerAddress } from './outcome.ts';
import { configuredFor } from './place.ts';
import type { Proof } from './proof.ts';
import { tcpExchange } from './tcp.ts';
import { udpExchange } from './udp.ts';
import { createLookUp, type LookUp } from './validating.ts';

export interface InspectorOptions {
  readonly resolvers: readonly ServerAddress[];
  readonly zones: readonly ZoneServers[];
  readonly proof?: Proof;
}

/** A packet may be lost; what is lost so often is missing. */
const UDP_TRIES_MS = [1000, 2000, 2000] as const;
/**
 * For a foreign zone: each server costs a dozen questions (the root has 13 servers with 26
 * addresses).
 */
const MOST_SERVERS = 16;
const MOST_ADDRESSES = 32;
/** Without EDNS, where nothing came back with it. */
const PLAIN_TRIES_MS = [1000, 1000] as const;
const TCP_MS = 4000;

export function createInspector({ resolvers, zones, proof }: InspectorOptions): Servers {
  const lookUp = createLookUp({ resolvers, ...defined({ proof }) });
  return {
    zoneOf: (name, call) => zoneOf(lookUp, name, zones, call),
    viewOf: (zone, call) => viewOf(lookUp, zone, zones, call),
    ask: async (address, name, type, transport, call) => {
      const server = serverOf(address);
      const message = (edns: boolean): Uint8Array =>
        encodeQuery({ id: randomInt(0x10000), name, type, recursionDesired: false, edns });
      const reply =
        transport === 'tcp'
          ? await overTcp(server, message(true), false, call)
          : await overUdp(server, message(true), UDP_TRIES_MS, call);
      if (!mayBeOld(reply, transport)) return reply;
      const plain =
        transport === 'tcp'
          ? await overTcp(server, message(false), false, call)
          : await overUdp(server, message(false), PLAIN_TRIES_MS, call);
      return plain.status === 'answered' ? plain : reply;
    },
  };
}

/** Where the configuration names the servers of a zone, they say what is in it. */
async function zoneOf(
  lookUp: LookUp,
  name: Fqdn,
  zones: readonly ZoneServers[],
  call: Call,
): Promise<ZoneCut> {
  const configured = configuredFor(name, zones);
  if (configured?.nameservers === undefined) return findZone(lookUp, name, call);
  const { zone, nameservers } = configured;
  const standing = await standingOf(name, zone, nameservers, call);
  if (standing.kind === 'below') return findZone(lookUp, name, call);
  const apex = await findZone(lookUp, zone, call);
  return { zone, security: apex.zone === zone ? apex.security : 'unknown' };
}

function serverOf(text: string): ServerAddress {
  const [address = '', port = '53'] = text.split('#');
  return { address, port: Number(port) };
}

/**
 * From before EDNS, or behind a firewall that drops what it does not know: to be asked as it was
 * asked before EDNS.
 */
function mayBeOld(reply: ServerReply, transport: 'udp' | 'tcp'): boolean {
  if (reply.status === 'answered') return knowsNoEdns(reply.message, false);
  return reply.status === 'timeout' && transport === 'udp';
}

async function overUdp(
  server: ServerAddress,
  request: Uint8Array,
  tries: readonly number[],
  call: Call,
): Promise<ServerReply> {
  let last: ServerReply = { status: 'timeout', detail: 'no answer over UDP' };
  for (const patience of tries) {
    const result = await udpExchange(server, request, patience, call.signal);
    if (result.status === 'truncated') return overTcp(server, request, true, call);
    if (result.status === 'answered') {
      const { message, bytes } = result;
      return { status: 'answered', message, octets: bytes.length, truncated: false };
    }
    last = result;
    if (result.status !== 'timeout') break;
  }
  return last;
}

async function overTcp(
  server: ServerAddress,
  request: Uint8Array,
  truncated: boolean,
  call: Call,
): Promise<ServerReply> {
  const result = await tcpExchange(server, request, TCP_MS, call.signal);
  if (result.status !== 'answered') return result;
  const { message, bytes } = result;
  return { status: 'answered', message, octets: bytes.length, truncated };
}

async function viewOf(
  lookUp: LookUp,
  zone: Fqdn,
  zones: readonly ZoneServers[],
  call: Call,
): Promise<ZoneView> {
  const configured = zones.find((entry) => entry.zone === zone);
  const extra = (configured?.extra ?? []).map(configuredTarget);
  const named = await nameServersByLookup(lookUp, zone, call);
  const own = named.map(({ host }) => host);
  if (configured?.nameservers !== undefined) {
    const targets = [...configured.nameservers.map(configuredTarget), ...extra];
    return { zone, own, addresses: addressesOf(targets), unfound: [] };
  }
  const delegated = await delegationIfTold(lookUp, zone, zones, call);
  const port = configured?.port ?? 53;
  const all = merged([...named, ...(delegated ?? [])]);
  const found = await Promise.all(
    all.slice(0, MOST_SERVERS).map((item) => targetsOf(lookUp, item, port, call)),
  );
  const addresses = addressesOf(found.flatMap(({ targets }) => targets));
  const asked = addresses.slice(0, MOST_ADDRESSES);
  const beyond = Math.max(0, all.length - MOST_SERVERS) + addresses.length - asked.length;
  return {
    zone,
    ...(delegated === undefined ? {} : { delegated: delegated.map(({ host }) => host) }),
    own,
    addresses: [
      ...new Map([...asked, ...addressesOf(extra)].map((one) => [one.address, one])).values(),
    ],
    ...(beyond === 0 ? {} : { beyond }),
    unfound: found.flatMap(({ unfound }) => unfound ?? []),
  };
}

/** A parent that does not answer is not a fault of the zone. */
async function delegationIfTold(
  ...given: Parameters<typeof delegationOf>
): Promise<NameServer[] | undefined> {
  try {
    const told = await delegationOf(...given);
    return told.length === 0 ? undefined : told;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return undefined;
  }
}

function addressesOf(targets: readonly Target[]): NameServerAddress[] {
  const all = targets.map(({ server, address }) => ({ server, address: serverText(address) }));
  return [...new Map(all.map((one) => [one.address, one])).values()];
}
