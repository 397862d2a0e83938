// Where clients look besides the owner itself: at the canonical name of the host, and at wildcards
// when an owner is empty (rule 13).
import { fqdn, isWithin, labelsOf, parentOf } from '../../dns/name.ts';
import type { Fqdn } from '../../dns/name.ts';
import { sameRdata } from '../../dns/rrset.ts';
import type { RdataHex } from '../../dns/rrset.ts';
import type { Call } from '../../ports/call.ts';
import type { Lookup } from '../../ports/resolver.ts';
import { recordBase } from '../../rollover/law/base-domains.ts';
import type { OwnerHistory } from '../../rollover/record/owner-history.ts';
import type { ServiceIntent } from '../../rollover/model.ts';
import type { Base } from '../../rollover/record/service-history.ts';
import type { Job } from '../job.ts';
import type { World } from '../world.ts';

/** Only if the TLSA owner follows from the host: another owner is used as configured. */
export async function observeBase(
  { task, memory, world, call }: Job,
  { id, owner }: ServiceIntent,
): Promise<void> {
  const { intent, reach } = task;
  const host = reach[id]?.serverName;
  if (host === undefined || !owner.endsWith(`._tcp.${host}.`)) return;
  const base = await baseOf(fqdn(host), world, call);
  if (base === 'unknown') return;
  const now = world.clock.now();
  await memory.saveService(recordBase(memory.service(id), base, intent.policy, now));
}

/**
 * The canonical name of a host; undefined if it is not an alias, or if clients do not trust the
 * alias (RFC 7672 §2.2.2). `unknown`: DNS does not answer now.
 */
async function baseOf(
  host: Fqdn,
  world: World,
  call: Call,
): Promise<Pick<Base, 'host' | 'ttl'> | 'unknown' | undefined> {
  const lookups = await Promise.all(
    (['A', 'AAAA'] as const).map((type) => world.resolver.lookup(host, type, call)),
  );
  if (lookups.some((lookup) => 'detail' in lookup)) return 'unknown';
  const found = lookups.find(isTrustedAlias);
  if (found === undefined) return undefined;
  const ttl = Math.max(...found.aliases.map((alias) => alias.ttl));
  return { host: found.rrset.owner, ttl };
}

type Found = Extract<Lookup, { readonly status: 'found' }>;

function isTrustedAlias(lookup: Lookup): lookup is Found {
  return lookup.status === 'found' && lookup.authentic && lookup.aliases.length > 0;
}

/**
 * What the wildcards above an owner serve, one content each. Which one answers for an empty owner
 * depends on which names between exist (RFC 4592 §3.3.1), so all of them count up to the first name
 * that has an address and therefore exists.
 */
export async function beneath(
  { target, zone }: Pick<OwnerHistory, 'target' | 'zone'>,
  world: World,
  call: Call,
): Promise<(readonly RdataHex[])[]> {
  const contents: (readonly RdataHex[])[] = [];
  const above = labelsOf(target)[0] === '*' ? parentOf(target) : target;
  for (let name = parentOf(above ?? target); name !== undefined; name = parentOf(name)) {
    if (!isWithin(name, zone)) break;
    const { addresses } = await world.resolver.sweep(fqdn(`*.${name}`), 'TLSA', call);
    for (const { answer } of addresses) {
      if (answer.status !== 'answered' || answer.rdata.length === 0) continue;
      if (!contents.some((known) => sameRdata(known, answer.rdata))) contents.push(answer.rdata);
    }
    if (await hasAddress(name, world, call)) break;
  }
  return contents;
}

async function hasAddress(name: Fqdn, world: World, call: Call): Promise<boolean> {
  for (const type of ['A', 'AAAA'] as const) {
    if ((await world.resolver.lookup(name, type, call)).status === 'found') return true;
  }
  return false;
}
