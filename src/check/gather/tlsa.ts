// Which TLSA records apply to a service: the candidates for the base domain in the order in which
// clients try them.
import { defined } from '../../base/defined.ts';
import { tlsaOwner } from '../../dane/owner.ts';
import { tlsaFromRdata } from '../../dane/tlsa.ts';
import { hostOf, type Fqdn } from '../../dns/name.ts';
import type { Lookup } from '../../ports/resolver.ts';
import type { Answer, Ask, Asked } from './lookups.ts';
import type { Base, ServiceTarget, TlsaFacts, TlsaState } from './facts.ts';
import { MOST_RECORDS } from './bounds.ts';
import { hasRoom } from './target.ts';

type Found = Extract<Lookup, { readonly status: 'found' }>;

export const foundIn = ({ lookup }: Asked): Found | undefined =>
  lookup.status === 'found' ? lookup : undefined;

/** Whether every address record that was found is secure; undefined if none was found. */
export function addressesSecure(hosts: readonly Asked[]): boolean | undefined {
  const found = hosts.flatMap((asked) => foundIn(asked) ?? []);
  return found.length === 0 ? undefined : found.every(({ authentic }) => authentic);
}

/**
 * The name after the CNAMEs first, if all of them are secure, then the name itself (RFC 7671 §7).
 * An MTA continues with a host whose addresses are insecure only if the CNAME that leads away from
 * it is secure (RFC 7672 §2.2.2). Clients that use SRV records ask only if they and the addresses
 * are secure (RFC 7673 §3.1, §3.2).
 */
async function basesOf(
  { host, smtpLike, srv }: ServiceTarget,
  hosts: readonly Asked[],
  ask: Ask,
): Promise<{
  readonly names: readonly Fqdn[];
  readonly applies: boolean;
  /**
   * The look-up of the alias, if it fails: mail waits, as for TLSA records that cannot be looked
   * up.
   */
  readonly failed?: Asked;
}> {
  const secure = addressesSecure(hosts);
  const [found] = hosts.flatMap((asked) => foundIn(asked) ?? []);
  const isAlias = found !== undefined && found.aliases.length > 0 && hasRoom(found.rrset.owner);
  const leads = srv !== 'insecure';
  if (secure === true && isAlias) return { names: [found.rrset.owner, host], applies: leads };
  if (srv !== undefined) return { names: [host], applies: leads && secure !== false };
  if (secure !== false || !smtpLike) return { names: [host], applies: true };
  if (!isAlias) return { names: [host], applies: false };
  const alias = await ask(host, 'CNAME');
  if ('detail' in alias.lookup) return { names: [], applies: true, failed: alias };
  return { names: [host], applies: foundIn(alias)?.authentic === true };
}

function stateOf(lookup: Answer): TlsaState {
  switch (lookup.status) {
    case 'found':
      return lookup.authentic ? 'secure' : 'insecure';
    case 'nodata':
    case 'nxdomain':
      return lookup.authentic ? 'absent' : 'none';
    case 'bogus':
      return 'bogus';
    default:
      return 'failed';
  }
}

/** An owner that the configuration names is asked for whatever the base domain is. */
const ownerBelow = (name: Fqdn, { port, configured }: ServiceTarget): Fqdn =>
  configured?.owner ?? tlsaOwner(name, port);

/** A client stops at the first candidate with records, and at one that cannot be looked up. */
const isLast = (state: TlsaState): boolean => ['secure', 'bogus', 'failed'].includes(state);

export async function findTlsa(
  target: ServiceTarget,
  hosts: readonly Asked[],
  ask: Ask,
): Promise<TlsaFacts> {
  const { names, applies, failed } = await basesOf(target, hosts, ask);
  const candidates: (Base & { readonly state: TlsaState })[] = [];
  if (failed !== undefined) {
    candidates.push({ name: target.host, asked: failed, state: stateOf(failed.lookup) });
  }
  for (const name of names) {
    const asked = await ask(ownerBelow(name, target), 'TLSA');
    const state = stateOf(asked.lookup);
    candidates.push({ name, asked, state });
    if (isLast(state)) break;
  }
  // If no candidate decides, one with records that DNSSEC does not protect is the most informative.
  const chosen =
    candidates.find(({ state }) => isLast(state)) ??
    candidates.find(({ state }) => state === 'insecure') ??
    candidates.at(-1);
  const found = chosen === undefined ? undefined : foundIn(chosen.asked);
  const lookup = chosen?.asked.lookup;
  const base = chosen?.name ?? target.host;
  const asked = ownerBelow(base, target);
  const records = (found?.rrset.rdata ?? []).flatMap((rdata) => tlsaFromRdata(rdata) ?? []);
  return {
    state: downgraded(chosen?.state ?? 'none', applies),
    base,
    asked,
    owner: found?.rrset.owner ?? asked,
    records: records.slice(0, MOST_RECORDS),
    beyond: Math.max(0, records.length - MOST_RECORDS),
    ...defined({ ttl: found?.rrset.ttl }),
    candidates: candidates.map(({ name, asked }) => ({ name, asked })),
    applies,
    ...(lookup !== undefined && 'detail' in lookup
      ? {
          detail:
            failed === undefined ? lookup.detail : `CNAME of ${hostOf(base)}: ${lookup.detail}`,
        }
      : {}),
  };
}

/**
 * Records that clients do not ask for count like unsigned ones, and a failed look-up does not hold
 * mail back.
 */
function downgraded(state: TlsaState, applies: boolean): TlsaState {
  if (applies || state === 'absent') return state;
  return state === 'secure' || state === 'insecure' ? 'insecure' : 'none';
}
