// The operator's ways out. Each writes down what is wanted now and leaves the doing to the planner,
// under the same laws.
import { formatInstant } from '../base/clock.ts';
import type { Instant } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { Chain } from '../dane/chain.ts';
import { sameLeaf } from '../dane/chain.ts';
import { namesDomain } from '../dane/names.ts';
import type { Call } from '../ports/call.ts';
import type { Combination, Tlsa } from '../dane/tlsa.ts';
import { ownersOf } from '../rollover/law/facts.ts';
import { generationBefore } from '../rollover/plan/order/generation-before.ts';
import type { Generation, Lineage } from '../rollover/model.ts';
import { awake, liveGeneration, withGeneration } from '../rollover/model.ts';
import { withdrawnBecause } from '../rollover/plan/order/revoked.ts';
import { NO_TLS, forgetEndpoint } from '../rollover/record/service-history.ts';
import { adoptRecords, forgetAddress } from '../rollover/record/versions.ts';
import { recordsOf } from '../rollover/plan/records/desired-records.ts';
import { bringBack, numberFor } from './act/restore.ts';
import { takenBefore } from './observe/placed-files.ts';
import type { Memory } from './state/memory.ts';
import { observe } from './observe/observe.ts';
import { askWhetherRecalled, refuseRevoked } from './act/refuse-revoked.ts';
import { saveOrders } from './act/settle-intent.ts';
import { forgetSilent } from './act/silent-servers.ts';
import type { Intervention, Task, World } from './world.ts';

/** Of the generations that a rollback passes over. */
const MOST_NAMED = 3;

export async function intervene(
  what: Intervention,
  task: Task,
  memory: Memory,
  world: World,
  call: Call,
): Promise<void> {
  const tell = (detail: string): void => {
    const { name: certificate } = task.intent;
    world.emit({ event: 'operator', certificate, at: world.clock.now(), what: what.kind, detail });
  };
  switch (what.kind) {
    case 'rollback':
      return tell(await rollBack(task, memory, world, call));
    case 'emergency':
      return tell(await declareEmergency(what.records, task, memory, world));
    case 'off':
      await saveAwake(
        { ...memory.lineage, orders: { ...memory.lineage.orders, offSince: world.clock.now() } },
        memory,
      );
      return tell('all TLSA records of this certificate are withdrawn');
    case 'on': {
      const { offSince: _over, ...rest } = memory.lineage.orders ?? {};
      await saveOrders(rest, memory);
      return tell('TLSA records are published again');
    }
    case 'adopt':
      return tell(await adopt(what.privkeyPem, what.chainPem, task, memory, world, call));
    case 'deploy':
      return tell(await deployAgain(what.target, task, memory));
    case 'forget':
      return tell(await forget(what.address, task, memory));
    case 'delete':
      return tell(await leave(what, memory, world));
  }
}

async function saveAwake(lineage: Lineage, memory: Memory): Promise<void> {
  await memory.saveLineage(awake(lineage));
}

function blocked(message: string, hint: string): AppError {
  return new AppError('BLOCKED', message, { hint });
}

/** Ordered once more it goes on, with what is allowed now. */
async function leave(
  { keepRecords, moveFiles }: Extract<Intervention, { kind: 'delete' }>,
  memory: Memory,
  world: World,
): Promise<string> {
  const { leaving: before, ...orders } = memory.lineage.orders ?? {};
  const allowed = { ...(keepRecords && { keepRecords }), ...(moveFiles && { moveFiles }) };
  const since = before?.since ?? world.clock.now();
  await saveOrders({ ...orders, leaving: { since, ...allowed } }, memory);
  return keepRecords === true
    ? 'keys and state are put aside; its records stay in DNS'
    : 'its TLSA records are withdrawn; when no cache holds them any more, keys and state are put aside';
}

async function rollBack(task: Task, memory: Memory, world: World, call: Call): Promise<string> {
  const { name } = task.intent;
  let before = generationBefore(memory.lineage, world.clock.now());
  while (before !== undefined && (await askWhetherRecalled(before, memory, world, call))) {
    before = generationBefore(memory.lineage, world.clock.now());
  }
  if (before !== undefined) await refuseRevoked(before.chain, name, memory, world);
  const number = before && (await bringBack(before, {}, task, memory, world));
  if (before === undefined || number === undefined) {
    throw blocked(
      `${name} has no earlier generation that is proven, valid, not revoked and not compromised${earlier(memory.lineage, world.clock.now())}`,
      `to get a new key and certificate: holger run --force ${name}; to put the present ones in place again: holger deploy ${name}`,
    );
  }
  return `generation ${before.number} is brought back, as generation ${number}`;
}

/** What keeps each earlier generation from being brought back, as far as that is not plain. */
function earlier(lineage: Lineage, now: Instant): string {
  const live = liveGeneration(lineage)?.number ?? 0;
  const words = lineage.generations
    .filter(({ number, chain }) => number < live && chain !== undefined)
    .map((one) => `generation ${one.number} ${whyNot(one, lineage, now)}`);
  return words.length === 0 ? '' : `: ${words.slice(-MOST_NAMED).join('; ')}`;
}

function whyNot(one: Generation, lineage: Lineage, now: Instant): string {
  const end = one.chain?.certificates[0]?.notAfter ?? 0;
  if (one.compromised === true) return 'has a compromised key';
  const withdrawn = withdrawnBecause(one, lineage);
  if (withdrawn !== undefined) return withdrawn;
  if (now >= end) return `expired at ${formatInstant(end)}`;
  return one.provenAt === undefined ? 'was never proven' : 'has the same certificate, or no files';
}

/**
 * The targets count as not having taken it; what follows is the planner's, under the law of
 * deploying.
 */
async function deployAgain(
  wanted: string | undefined,
  task: Task,
  memory: Memory,
): Promise<string> {
  const { name, targets } = task.intent;
  const live = liveGeneration(memory.lineage);
  if (live === undefined) {
    throw blocked(
      `no generation of ${name} was deployed yet`,
      `the first deployment is a matter of: holger run ${name}`,
    );
  }
  const chosen =
    wanted === undefined ? targets : targets.filter(({ label }) => isCalled(label, wanted));
  if (chosen.length === 0) {
    const known = targets.map(({ label }) => label).join(', ');
    throw new AppError('USAGE', `${name} has no target "${wanted ?? ''}"`, {
      hint: `known are: ${known}`,
    });
  }
  const untaken = chosen.map(({ id, label }) => [id, { label }] as const);
  const before = memory.lineage.targets ?? takenBefore(live, task);
  const known = { ...before, ...Object.fromEntries(untaken) };
  await saveAwake({ ...memory.lineage, targets: known }, memory);
  return `generation ${live.number} is deployed again: ${chosen.map(({ label }) => label).join(', ')}`;
}

/** "files /etc/postfix/tls/mx1.pem", or the path alone. */
function isCalled(label: string, wanted: string): boolean {
  return label === wanted || label.slice(label.indexOf(' ') + 1) === wanted;
}

async function declareEmergency(
  records: 'keep' | 'withdraw',
  { intent }: Task,
  memory: Memory,
  world: World,
): Promise<string> {
  const live = liveGeneration(memory.lineage);
  if (live === undefined) {
    throw blocked('nothing is live yet, so that no key can be compromised', 'see holger status');
  }
  const generations = memory.lineage.generations.map((generation): Generation =>
    generation.spki === live.spki ? { ...generation, compromised: true } : generation,
  );
  const emergency = { since: world.clock.now(), records };
  const orders = { ...memory.lineage.orders, emergency };
  await saveAwake({ ...memory.lineage, generations, orders }, memory);
  for (const { number, compromised } of generations) {
    if (compromised === true) {
      await world.files.mark(intent.name, number, 'compromised', world.clock.now());
    }
  }
  return `the key of generation ${live.number} is compromised and is replaced`;
}

async function adopt(
  privkeyPem: string,
  chainPem: string,
  task: Task,
  memory: Memory,
  world: World,
  call: Call,
): Promise<string> {
  const { intent } = task;
  const { name, keyType, directory } = intent;
  if (liveGeneration(memory.lineage) !== undefined) {
    throw blocked(
      `holger manages ${name} already`,
      `nothing is left to take over; holger status ${name} shows what it manages`,
    );
  }
  const chain = world.pki.readPem(chainPem);
  const [leaf] = chain.certificates;
  if (leaf === undefined || !world.pki.keyFits(privkeyPem, chain)) {
    throw new AppError('INPUT_INVALID', 'the certificate is not for this private key', {
      hint: 'name the files that the service loads',
    });
  }
  await observe(task, memory, world, call);
  refuseOthers(chain, task, memory);
  await refuseRevoked(chain, name, memory, world);
  const number = await numberFor(privkeyPem, chainPem, task, memory, world);
  await world.files.writeKey(name, number, privkeyPem);
  await world.files.writeChain(name, number, chainPem);
  for (const owner of ownersOf(intent)) {
    const history = memory.owner(owner);
    if (history === undefined) continue;
    const supplies = (combination: Combination): readonly Tlsa[] =>
      recordsOf(chain, combination, { trustAnchors: 'chain' });
    await memory.saveOwner(adoptRecords(history, supplies));
  }
  const now = world.clock.now();
  const covered = intent.domains.every((domain) => namesDomain(leaf.names, domain));
  const generation: Generation = {
    ...{ number, state: 'live', directory, chain, spki: leaf.spki },
    // Whatever its kind, the key stays until the next renewal; missing names are a reason for one.
    ...{ keyType, domains: covered ? intent.domains : leaf.names },
    ...{ createdAt: now, keyMadeAt: leaf.notBefore, issuedAt: now },
    ...{ deployBegunAt: now, deployedAt: now },
  };
  await saveAwake(withGeneration(memory.lineage, generation), memory);
  await world.files.setLive(name, number);
  return `key and certificate (valid until ${formatInstant(leaf.notAfter)}) are generation ${number} now`;
}

/**
 * What is adopted must be what is served, or the first act would be a deployment that nobody asked
 * for.
 */
function refuseOthers(chain: Chain, { intent }: Task, memory: Memory): void {
  for (const { id, running, reachable } of intent.services) {
    if (!running || !reachable) continue;
    const { endpoints, chains } = memory.service(id);
    for (const [address, { sightings, failure }] of Object.entries(endpoints)) {
      const other = sightings.find((seen) => {
        const met = seen.chain === NO_TLS ? undefined : chains[seen.chain];
        return met === undefined || !sameLeaf(met, chain);
      });
      if (sightings.length > 0 && other === undefined) continue;
      const does =
        other === undefined
          ? `did not answer (${failure ?? 'silent'})`
          : 'presents another certificate';
      throw blocked(
        `${id} at ${address} ${does}, so that this one cannot be adopted`,
        'name the files that the service really loads, and reload it when they are newer',
      );
    }
  }
}

async function forget(address: string, { intent }: Task, memory: Memory): Promise<string> {
  let known = 0;
  for (const owner of ownersOf(intent)) {
    const history = memory.owner(owner);
    if (history?.addresses[address] === undefined) continue;
    refuseAnswering(address, history.addresses[address].failure);
    await memory.saveOwner(forgetAddress(history, address));
    known += 1;
  }
  for (const { id } of intent.services) {
    const history = memory.service(id);
    if (history.endpoints[address] === undefined) continue;
    refuseAnswering(address, history.endpoints[address].failure);
    await memory.saveService(forgetEndpoint(history, address));
    known += 1;
  }
  const without = forgetSilent(memory.lineage, address);
  if (without !== undefined) {
    await memory.saveLineage(without);
    known += 1;
  }
  if (known === 0) {
    throw new AppError(
      'USAGE',
      `${address} is not a name server or an endpoint of ${intent.name}`,
      {
        hint: 'give an address as holger status shows it',
      },
    );
  }
  await saveAwake(memory.lineage, memory);
  return `${address} counts for nothing until it answers again; whatever it still serves or presents is not waited for`;
}

function refuseAnswering(address: string, failure: string | undefined): void {
  if (failure !== undefined) return;
  throw blocked(`${address} answers, so that it cannot be forgotten`, 'take it out of DNS first');
}
