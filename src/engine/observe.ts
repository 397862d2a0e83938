// Looks at the world and writes down what was seen: a sweep of every owner, a handshake with every endpoint, and the
// chains that lie where services would load them.
import { isIP } from 'node:net';
import type { Seconds } from '../base/clock.ts';
import { fqdn } from '../dns/name.ts';
import type { Fqdn } from '../dns/name.ts';
import { addressText } from '../dns/rdata.ts';
import type { RRset } from '../dns/rrset.ts';
import type { Call } from '../ports/call.ts';
import type { Handshake } from '../ports/probe.ts';
import type { Sweep } from '../ports/resolver.ts';
import { daneOwners } from '../rollover/facts.ts';
import type { Facts } from '../rollover/facts.ts';
import type { ServiceIntent } from '../rollover/model.ts';
import { NO_TLS, mayBeAsked, recordLooks } from '../rollover/sightings.ts';
import type { EndpointLook } from '../rollover/sightings.ts';
import { forgetExpired, recordSweep } from '../rollover/versions.ts';
import type { Observation, SweepFacts } from '../rollover/history.ts';
import { claimsOfOthers } from './claims.ts';
import type { Memory } from './memory.ts';
import { neighboursOf, placedChains, servicesAt } from './neighbours.ts';
import type { Task, World } from './world.ts';

function sweepFacts(asked: Fqdn, sweep: Sweep): SweepFacts {
  return {
    owner: asked,
    target: sweep.owner,
    zone: sweep.zone,
    security: sweep.security,
    aliasTtl: Math.max(0, ...sweep.aliases.map(({ ttl }) => ttl)),
    serversTtl: sweep.serversTtl,
    receivedAt: sweep.receivedAt,
    observations: sweep.addresses.map(({ server, address, answer }): Observation => {
      if (answer.status !== 'answered') {
        const failure = `${answer.status}: ${answer.detail}`;
        return { server, address, failure, noRoute: answer.status === 'no-route' };
      }
      const { rdata, ttl, serial, signedUntil } = answer;
      const signed = signedUntil === undefined ? {} : { signedUntil };
      return { server, address, answer: { content: rdata, ttl, serial, ...signed } };
    }),
  };
}

async function observeOwner(
  owner: Fqdn,
  task: Task,
  memory: Memory,
  world: World,
  call: Call,
): Promise<void> {
  const sweep = await world.resolver.sweep(owner, 'TLSA', call);
  const before = memory.owner(owner);
  const { policy } = task.intent;
  const after = recordSweep(before, sweepFacts(owner, sweep), policy);
  if ((before?.writes.length ?? 0) > 0 && after.writes.length === 0) {
    world.emit({
      event: 'served-everywhere',
      certificate: task.intent.name,
      at: after.sweptAt,
      owner,
      since: after.sweptAt,
    });
  }
  await memory.saveOwner(forgetExpired(after, policy, after.sweptAt));
}

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
      const { port, protocol, serverName } = reach;
      const endpoint = { address, port, protocol, serverName };
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
  await Promise.all([
    ...daneOwners(intent).map((owner) => observeOwner(owner, task, memory, world, call)),
    ...servicesAt(task).map(({ service, of }) => observeService(service, of, memory, world, call)),
  ]);
  const neighbours = await neighboursOf(task, world, call);
  return {
    lineage: memory.lineage,
    services: memory.services,
    owners: memory.owners,
    placed: await placedChains(task, world, call),
    neighbours,
    wantedByOthers: claimsOfOthers({ intent, lineage: memory.lineage }, neighbours),
    lookedAt,
  };
}
