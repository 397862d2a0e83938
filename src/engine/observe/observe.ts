// Observes and stores: a sweep of every owner, a handshake with every endpoint, and the chains in
// files that services load.
import { isIP } from 'node:net';
import type { Seconds } from '../../base/clock.ts';
import { defined } from '../../base/defined.ts';
import { fqdn } from '../../dns/name.ts';
import { addressText } from '../../dns/rdata.ts';
import type { RRset } from '../../dns/rrset.ts';
import type { Call } from '../../ports/call.ts';
import { withBases } from '../../rollover/law/base-domains.ts';
import { daneOwners } from '../../rollover/law/facts.ts';
import type { Facts } from '../../rollover/law/facts.ts';
import type { ServiceIntent } from '../../rollover/model.ts';
import { mayBeAsked, recordLooks } from '../../rollover/record/service-history.ts';
import type { ServiceHistory } from '../../rollover/record/service-history.ts';
import { observeAddresses } from './addresses.ts';
import { claimsOfOthers } from './neighbour-claims.ts';
import { observeBase } from './base-domains.ts';
import { lookAt } from './endpoint.ts';
import { observeOffer } from './offer.ts';
import { observeRequest } from './request.ts';
import type { Job } from '../job.ts';
import { algorithmsAt, neighboursOf, placedChains, readPlaced, servicesAt } from './neighbours.ts';
import type { ServicePlace } from './neighbours.ts';
import { observeOwner } from './owner.ts';
import { withTrust } from './pkix-trust.ts';
import { observeTargets, rememberPlaced } from './placed-files.ts';
import { Visits } from '../visits.ts';
import type { World } from '../world.ts';

function addressTexts({ type, rdata }: RRset): string[] {
  return type === 'A' || type === 'AAAA' ? rdata.map((item) => addressText(type, item)) : [];
}

/**
 * The addresses of a service with their TTLs; undefined if DNS does not answer now, which does not
 * mean that there are none.
 */
async function addressesOf(
  host: string,
  world: World,
  call: Call,
): Promise<ReadonlyMap<string, Seconds> | undefined> {
  if (isIP(host) !== 0) return new Map([[host, 0]]);
  const lookups = await Promise.all(
    (['A', 'AAAA'] as const).map((type) => world.resolver.lookup(fqdn(host), type, call)),
  );
  const addresses = new Map<string, Seconds>();
  for (const lookup of lookups) {
    if (lookup.status === 'found') {
      const ttl = Math.max(lookup.rrset.ttl, ...lookup.aliases.map((alias) => alias.ttl));
      for (const address of addressTexts(lookup.rrset)) addresses.set(address, ttl);
    } else if (lookup.status !== 'nodata' && lookup.status !== 'nxdomain') return undefined;
  }
  return addresses;
}

async function observeService(
  job: Job,
  { service, of }: ServicePlace,
  fresh: boolean,
): Promise<void> {
  const { task, memory, world, call } = job;
  const reach = of.reach[service.id];
  if (!service.reachable || !service.running || reach === undefined) return;
  if (world.visits?.isDue(service.id, world.clock.now(), fresh) === false) return;
  const before = metAnew(service, job);
  const found = await addressesOf(reach.host, world, call);
  const { policy } = of.intent;
  const algorithms = algorithmsAt(service, task);
  const remembered = Object.entries(before.endpoints).filter(
    ([, endpoint]) => found === undefined || mayBeAsked(endpoint, policy, world.clock.now()),
  );
  const addresses = new Set([...(found?.keys() ?? []), ...remembered.map(([address]) => address)]);
  const looks = await Promise.all(
    [...addresses].map(async (address) => {
      const { host: _, ...how } = reach;
      const endpoint = { address, ...how };
      const known = before.endpoints[address] ?? before.setAside?.[address];
      const ttl = found?.get(address);
      const look = await lookAt(endpoint, { known, algorithms }, world, call);
      return { ...look, ...(ttl === undefined ? {} : { ttl }) };
    }),
  );
  const now = world.clock.now();
  world.visits?.visited(service.id, now);
  const after = recordLooks(before, looks, policy.settle, now);
  await memory.saveService(after);
}

/** Its document is lost if something was deployed there. */
function metAnew({ id }: ServiceIntent, { task, memory, world }: Job): ServiceHistory {
  const history = memory.service(id);
  const isOurs = task.intent.services.some((service) => service.id === id);
  const { generations } = memory.lineage;
  const isLost =
    isOurs && !memory.hasService(id) && generations.some((one) => one.deployBegunAt !== undefined);
  return isLost ? { ...history, anewAt: world.clock.now() } : history;
}

/** A handshake with every endpoint for which one is due. */
export async function visitServices(job: Job, fresh: boolean): Promise<void> {
  await Promise.all(servicesAt(job.task).map((place) => observeService(job, place, fresh)));
}

/**
 * One observation of everything that the planner needs. It is on disk before this returns. `fresh`:
 * an act depends on it.
 */
export async function observe(job: Job, fresh = true): Promise<Facts> {
  const { task, memory, world, call } = job;
  const begunAt = world.clock.now();
  const lookedAt = world.visits === undefined ? begunAt : Visits.countsSince(begunAt, fresh);
  const { intent } = task;
  if (daneOwners(intent).length > 0) {
    await Promise.all(intent.services.map((service) => observeBase(job, service)));
  }
  const owners = daneOwners(withBases(intent, memory.services));
  for (const owner of owners) await memory.watch(owner);
  const written = new Set(owners.filter((owner) => (memory.owner(owner)?.writes.length ?? 0) > 0));
  await Promise.all([
    ...owners.map((owner) => observeOwner(job, owner)),
    visitServices(job, fresh),
  ]);
  await observeAddresses(job, written);
  await observeTargets(job);
  const reads = await readPlaced(task, world, call);
  await rememberPlaced(job, reads);
  const neighbours = await neighboursOf(job);
  const facts = {
    lineage: memory.lineage,
    services: memory.services,
    owners: memory.owners,
    placed: await placedChains(memory.lineage, reads, world),
    ...defined({
      offer: await observeOffer(task, world),
      request: await observeRequest(task),
    }),
    neighbours,
    wantedByOthers: claimsOfOthers({ intent, lineage: memory.lineage }, neighbours),
    lookedAt,
    ...(world.startedAt === undefined ? {} : { runningSince: world.startedAt }),
  };
  return withTrust(facts, intent, world);
}
