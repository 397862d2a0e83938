// Gathers the facts about one service: its addresses, its records, and what each address presents.
import { isIP } from 'node:net';
import type { Instant } from '../../base/clock.ts';
import { tlsaOwner } from '../../dane/owner.ts';
import { fqdn, hostOf, labelsOf, parentOf } from '../../dns/name.ts';
import type { Fqdn } from '../../dns/name.ts';
import type { RdataHex } from '../../dns/rrset.ts';
import type { Call } from '../../ports/call.ts';
import type { Endpoint, Handshake, Seen } from '../../ports/probe.ts';
import type { Ask, Asked } from './lookups.ts';
import type {
  EndpointFacts,
  EndpointLook,
  ServiceFacts,
  ServiceTarget,
  TlsaFacts,
} from './facts.ts';
import { MOST_ADDRESSES, MOST_STRAYS } from './bounds.ts';
import type { Deadline } from './deadline.ts';
import type { Limited } from '../../base/limit.ts';
import type { Memo } from './memo.ts';
import { NO_OTHER, Shown } from './shown.ts';
import { addressesIn, nowhereBecause } from './nowhere.ts';
import { findTlsa, foundIn } from './tlsa.ts';
import type { CheckWorld } from './world.ts';
import { lookAtHost, lookAtRecords, lookAtZone } from './zone.ts';
import type { Look, ZoneLooking } from './zone.ts';

export interface LookContext {
  readonly world: CheckWorld;
  readonly ask: Ask;
  /** Domains share mail hosts: each endpoint is checked once. */
  readonly once: Memo<readonly EndpointFacts[]>;
  /** How many handshakes run at the same time, in all and with one address. */
  readonly handshakes: Limited;
  readonly perAddress: (address: string) => Limited;
  readonly repeat: number;
  /** The time as of which certificates are judged. */
  readonly at: Instant;
  /** Undefined: single name servers are not asked. */
  readonly looking: ZoneLooking | undefined;
  readonly expectedAt: (owner: Fqdn) => ReadonlySet<RdataHex>;
  readonly deadline: Deadline;
  readonly call: Call;
}

/** The same number of each family, if there are too many: a mistake may affect only one family. */
function bounded(addresses: readonly string[]): readonly string[] {
  if (addresses.length <= MOST_ADDRESSES) return addresses;
  const isV6 = (address: string): boolean => address.includes(':');
  const v6 = addresses.filter(isV6).slice(0, MOST_ADDRESSES / 2);
  const v4 = addresses.filter((address) => !isV6(address)).slice(0, MOST_ADDRESSES - v6.length);
  const more = addresses.filter(isV6).slice(v6.length, MOST_ADDRESSES - v4.length);
  return [...v4, ...v6, ...more];
}

/** Everything that one address presents, in repeated handshakes. */
async function lookAt(
  endpoint: Endpoint,
  { world, handshakes, perAddress, repeat, call }: LookContext,
): Promise<readonly EndpointFacts[]> {
  const { address } = endpoint;
  const ask = async (seen: Seen): Promise<EndpointLook> => {
    const shake = await perAddress(address)(() =>
      handshakes(() => world.probe.handshake(endpoint, seen, call)),
    );
    return withChain(shake, world);
  };
  const shown = new Shown();
  for (let round = 0; round < repeat; round += 1) {
    const usual = await ask([]);
    shown.add(usual);
    // Another try changes nothing if this machine cannot send.
    if (usual.status === 'no-route') break;
    if (usual.status !== 'presented') continue;
    if (shown.other === undefined) await lookForOthers(shown, ask);
    else for (const seen of shown.askedAgain(usual.algorithm)) shown.add(await ask(seen));
  }
  return shown.facts(address);
}

/** Asks for one kind of certificate after the other, until none is left. */
async function lookForOthers(
  shown: Shown,
  ask: (seen: Seen) => Promise<EndpointLook>,
): Promise<void> {
  for (;;) {
    const known = shown.algorithms();
    const look = await ask(known);
    if (look.status === 'presented' && !known.includes(look.algorithm)) {
      shown.add(look);
      continue;
    }
    // One of the records that were seen; there is no other.
    shown.other = look.status === 'presented' ? NO_OTHER : look;
    return;
  }
}

function endpointAt(address: string, target: ServiceTarget, base: Fqdn): Endpoint {
  const { protocol, port, configured } = target;
  return {
    ...{ address, port: configured?.connect?.port ?? port, protocol, serverName: hostOf(base) },
    ...addressee(target),
  };
}

/**
 * Mail servers do not learn before TLS which domain the mail is for; XMPP streams name their
 * domain.
 */
function addressee({ protocol, domain }: ServiceTarget): Pick<Endpoint, 'xmppDomain'> {
  const named = domain !== undefined && protocol.startsWith('xmpp');
  return named ? { xmppDomain: hostOf(domain) } : {};
}

function withChain(shake: Handshake, { pki }: CheckWorld): EndpointLook {
  return shake.status === 'presented'
    ? { ...shake, chain: pki.readDer(shake.certificates) }
    : shake;
}

/**
 * Owners where records were published for this service by mistake: at the mail domain, or with the
 * zone twice in the name.
 */
async function straysOf(
  { host, port, domain }: ServiceTarget,
  { state }: TlsaFacts,
  ask: Ask,
): Promise<readonly Asked[]> {
  if (state !== 'absent' && state !== 'none') return [];
  const places: Fqdn[] = [];
  if (domain !== undefined && domain !== host) places.push(tlsaOwner(domain, port));
  // The zone may be at any of the names above that can be a zone.
  for (let above = parentOf(host); above !== undefined; above = parentOf(above)) {
    const doubled = `${hostOf(tlsaOwner(host, port))}.${above}`;
    if (places.length >= MOST_STRAYS) break;
    if (labelsOf(above).length > 1 && doubled.length < 255) places.push(fqdn(doubled));
  }
  return Promise.all(places.map((place) => ask(place, 'TLSA')));
}

/** The zones of the records and of the host, with the answers of each of their servers. */
async function lookAtServers(
  { host }: ServiceTarget,
  hosts: readonly Asked[],
  { owner, asked }: TlsaFacts,
  looking: ZoneLooking | undefined,
): Promise<readonly Look[]> {
  if (looking === undefined) return [];
  const [found] = hosts.flatMap((asked) => foundIn(asked) ?? []);
  const end = found?.rrset.owner ?? host;
  const [records, ...others] = await Promise.all([
    lookAtRecords(asked, owner, looking),
    // An alias leads out of its zone: servers on either side can break it.
    ...[asked, owner, host, end].map((name) => lookAtZone(name, looking)),
    lookAtHost(end, looking),
  ]);
  return [...new Set([...others, ...records])];
}

/** The address of the handshake. */
async function addressesOf(
  { configured, domain }: ServiceTarget,
  hosts: readonly Asked[],
  ask: Ask,
): Promise<readonly string[]> {
  if (configured?.unseen !== undefined) return [];
  const host = configured?.connect?.host;
  if (host === undefined) {
    const all = addressesIn(hosts);
    // The domain of another party must not make this machine connect to its own addresses.
    return domain === undefined ? all : all.filter((at) => nowhereBecause(at) === undefined);
  }
  if (isIP(host) !== 0) return [host];
  return addressesIn(await Promise.all([ask(fqdn(host), 'A'), ask(fqdn(host), 'AAAA')]));
}

/** An address of which nothing was seen before the time for the target ended. */
function unreached(address: string): readonly EndpointFacts[] {
  const shown = new Shown();
  shown.add({ status: 'timeout', detail: 'the time for this target has ended' });
  return shown.facts(address);
}

export async function lookAtService(
  target: ServiceTarget,
  context: LookContext,
): Promise<ServiceFacts> {
  const { ask, at } = context;
  const hosts = await Promise.all([ask(target.host, 'A'), ask(target.host, 'AAAA')]);
  const tlsa = await findTlsa(target, hosts, ask);
  const all = await addressesOf(target, hosts, ask);
  const addresses = bounded(all);
  const [strays, zones, endpoints] = await Promise.all([
    straysOf(target, tlsa, ask),
    context.deadline.within(lookAtServers(target, hosts, tlsa, context.looking), () => [
      { name: target.host, because: 'the time for this target ended before they answered' },
    ]),
    Promise.all(
      addresses.map((address) => {
        const endpoint = endpointAt(address, target, tlsa.base);
        const { port, protocol, serverName, xmppDomain = '' } = endpoint;
        const key = [address, port, protocol, serverName, xmppDomain].join(' ');
        return context.deadline.within(
          context.once(key, () => lookAt(endpoint, context)),
          () => unreached(address),
        );
      }),
    ),
  ]);
  const expected = new Set(
    [tlsa.owner, tlsa.asked, tlsaOwner(target.host, target.port)].flatMap((owner) => [
      ...context.expectedAt(owner),
    ]),
  );
  const lookedAt = context.world.clock.now();
  return {
    target,
    hosts,
    addresses,
    beyond: all.length - addresses.length,
    tlsa,
    strays,
    endpoints: endpoints.flat(),
    zones,
    lookedAt,
    at,
    expected,
  };
}
