// Name servers and their addresses.
import { isIP } from 'node:net';
import { AppError } from '../base/errors.ts';
import { addressRdata, addressText, targetName } from '../dns/rdata.ts';
import { discover } from './discover.ts';
import type { Fqdn } from '../dns/name.ts';
import type { RRset } from '../dns/rrset.ts';
import type { Call } from '../ports/call.ts';
import type { ServerAddress } from './transport.ts';
import type { LookUp } from './validating.ts';

/** How the configuration says a zone's servers are reached. */
export interface ZoneServers {
  readonly zone: Fqdn;
  /** Instead of what NS records say. */
  readonly nameservers?: readonly ServerAddress[];
  /** Besides the others: hidden servers whose answers clients may get. */
  readonly extra?: readonly ServerAddress[];
  /** Where servers found by NS records listen; 53 by default. */
  readonly port?: number;
}

/** A name server and the addresses that the parent gave for it. */
export interface NameServer {
  readonly host: Fqdn;
  readonly glue: readonly string[];
}

export interface Target {
  readonly server: Fqdn;
  readonly address: ServerAddress;
}

/**
 * A server whose addresses could not be found out: it may serve something that cannot be checked.
 */
export interface Unfound {
  readonly server: Fqdn;
  readonly detail: string;
}

export const hostsOf = (rrset: RRset): Fqdn[] => rrset.rdata.map(targetName);

/** Each name once, with all the glue there is for it. */
export function merged(servers: readonly NameServer[]): NameServer[] {
  const glue = new Map<Fqdn, Set<string>>();
  for (const server of servers) {
    const addresses = glue.get(server.host) ?? new Set();
    for (const address of server.glue) addresses.add(address);
    glue.set(server.host, addresses);
  }
  return [...glue].map(([host, addresses]) => ({ host, glue: [...addresses] }));
}

/** NS names as a validating resolver has them. @throws AppError DNS_* */
export async function nameServersByLookup(
  lookUp: LookUp,
  zone: Fqdn,
  call: Call,
): Promise<NameServer[]> {
  const { answer } = await discover(lookUp, zone, 'NS', call);
  if (answer.status !== 'found') return [];
  return hostsOf(answer.rrset).map((host) => ({ host, glue: [] }));
}

/**
 * Every address of one name server: what look-ups find and, because resolvers use it too, the
 * parent's glue.
 */
export async function targetsOf(
  lookUp: LookUp,
  { host, glue }: NameServer,
  port: number,
  call: Call,
): Promise<{ readonly targets: Target[]; readonly unfound?: Unfound }> {
  const addresses = new Set(glue);
  let failure: string | undefined;
  const look = async (type: 'A' | 'AAAA'): Promise<void> => {
    try {
      const { answer } = await discover(lookUp, host, type, call);
      if (answer.status !== 'found') return;
      for (const rdata of answer.rrset.rdata) addresses.add(addressText(type, rdata));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      failure = error.message;
    }
  };
  await Promise.all([look('A'), look('AAAA')]);
  const targets = [...addresses].map((address) => ({ server: host, address: { address, port } }));
  // With one family found and the other failed, the other's addresses are as unknown as without
  // any.
  return failure === undefined || glue.length > 0
    ? { targets }
    : { targets, unfound: { server: host, detail: failure } };
}

/** A configured address as a target; it has no name, so the address stands for one. */
export function configuredTarget({ address, port }: ServerAddress): Target {
  const canonical = canonicalAddress(address);
  return { server: `${canonical}.` as Fqdn, address: { address: canonical, port } };
}

/** One spelling for one address, because the history knows servers by it (RFC 5952). */
function canonicalAddress(address: string): string {
  const type = isIP(address) === 6 ? 'AAAA' : 'A';
  return address.includes('%') ? address : addressText(type, addressRdata(type, address));
}
