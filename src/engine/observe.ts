// Looks at the world and writes down what was seen: a sweep of every owner, a handshake with every endpoint, and the
// chains that lie where services would load them.
import { isIP } from 'node:net';
import type { Seconds } from '../base/clock.ts';
import { fqdn } from '../dns/name.ts';
import { addressText } from '../dns/rdata.ts';
import type { RRset } from '../dns/rrset.ts';
import type { Call } from '../ports/call.ts';
import type { Handshake } from '../ports/probe.ts';
import { withBases } from '../rollover/bases.ts';
import { daneOwners } from '../rollover/facts.ts';
import type { Facts } from '../rollover/facts.ts';
import type { ServiceIntent } from '../rollover/model.ts';
import { NO_TLS, mayBeAsked, recordLooks } from '../rollover/sightings.ts';
import type { EndpointLook } from '../rollover/sightings.ts';
import { claimsOfOthers } from './claims.ts';
import { observeBase } from './elsewhere.ts';
import type { Memory } from './memory.ts';
import { neighboursOf, placedChains, servicesAt } from './neighbours.ts';
import { observeOwner } from './owners.ts';
import { withTrust } from './trust.ts';
import type { Task, World } from './world.ts';

function addressTexts({ type, rdata }: RRset): string[] {
  return type === 'A' || type === 'AAAA' ? rdata.map((item) => addressText(type, item)) : [];
}

/** The addresses of a service with their TTLs; undefined when DNS does not tell now, which is not the same as none. */
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

/** A service may hold a certificate for each: both are part of what is live. */
const algorithms = ['ecdsa', 'rsa'] as const;

function lookOf(address: string, shakes: readonly Handshake[], world: World): EndpointLook {
  const failures: string[] = [];
  const met: EndpointLook['met'][number][] = [];
  for (const [index, shake] of shakes.entries()) {
    const algorithm = algorithms[index] ?? 'rsa';
    if (shake.status === 'presented') {
      met.push({ algorithm, chain: world.pki.readDer(shake.certificates) });
    } else if (shake.status === 'no-tls') met.push({ algorithm, chain: NO_TLS });
    else if (shake.status === 'no-certificate') met.push({ algorithm });
    else failures.push(`${shake.status}: ${shake.detail}`);
  }
  // Neither algorithm served: that is no evidence of absence, the two refusals may be a fault of the service.
  const empty = met.every(({ chain }) => chain === undefined);
  const [failure] = failures;
  if (empty) {
    const noRoute = shakes.every(({ status }) => status === 'no-route') ? { noRoute: true } : {};
    return {
      address,
      met: [],
      failure: failure ?? 'no certificate of any algorithm',
      ...noRoute,
    };
  }
  return { address, met, ...(failure === undefined ? {} : { failure }) };
}

async function observeService(
  service: ServiceIntent,
  task: Pick<Task, 'intent' | 'reach'>,
  memory: Memory,
  world: World,
  call: Call,
): Promise<void> {
  const reach = task.reach[service.id];
  if (!service.reachable || !service.running || reach === undefined) return;
  const before = memory.service(service.id);
  const found = await addressesOf(reach.host, world, call);
  const { policy } = task.intent;
  const remembered = Object.entries(before.endpoints).filter(
    ([, memory]) => found === undefined || mayBeAsked(memory, policy, world.clock.now()),
  );
  const addresses = new Set([...(found?.keys() ?? []), ...remembered.map(([address]) => address)]);
  const looks = await Promise.all(
    [...addresses].map(async (address) => {
      const { host: _, ...how } = reach;
      const endpoint = { address, ...how };
      const shakes = await Promise.all(
        algorithms.map((algorithm) => world.probe.handshake(endpoint, algorithm, call)),
      );
      const ttl = found?.get(address);
      return { ...lookOf(address, shakes, world), ...(ttl === undefined ? {} : { ttl }) };
    }),
  );
  const after = recordLooks(before, looks, policy.settle, world.clock.now());
  await memory.saveService(after);
}

/** One look at everything the planner asks for. What was seen is on disk before this returns. */
export async function observe(
  task: Task,
  memory: Memory,
  world: World,
  call: Call,
): Promise<Facts> {
  const lookedAt = world.clock.now();
  const { intent } = task;
  if (daneOwners(intent).length > 0) {
    await Promise.all(
      intent.services.map((service) => observeBase(service, task, memory, world, call)),
    );
  }
  const owners = daneOwners(withBases(intent, memory.services));
  for (const owner of owners) await memory.watch(owner);
  await Promise.all([
    ...owners.map((owner) => observeOwner(owner, task, memory, world, call)),
    ...servicesAt(task).map(({ service, of }) => observeService(service, of, memory, world, call)),
  ]);
  const neighbours = await neighboursOf(task, world, call);
  const facts = {
    lineage: memory.lineage,
    services: memory.services,
    owners: memory.owners,
    placed: await placedChains(task, world, call),
    neighbours,
    wantedByOthers: claimsOfOthers({ intent, lineage: memory.lineage }, neighbours),
    lookedAt,
  };
  return withTrust(facts, intent, world);
}
