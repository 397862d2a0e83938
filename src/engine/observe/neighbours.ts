// Other certificates of this installation that share an owner: their live chains count for the laws
// there, and so do their endpoints.
import type { Chain } from '../../dane/chain.ts';
import { AppError } from '../../base/errors.ts';
import type { KeyAlgorithm } from '../../dane/key-algorithm.ts';
import type { Call } from '../../ports/call.ts';
import type { DeployTarget } from '../../ports/target.ts';
import { ownersOf } from '../../rollover/law/facts.ts';
import type { Neighbour } from '../../rollover/law/facts.ts';
import type { Lineage, ServiceIntent } from '../../rollover/model.ts';
import { algorithmOf, newLineage } from '../../rollover/model.ts';
import { chainsOf } from '../../rollover/record/placed-chains.ts';
import type { TargetRead } from '../../rollover/record/placed-chains.ts';
import type { Job } from '../job.ts';
import { readDocument } from '../state/documents.ts';
import { lineageKey } from '../state/memory.ts';
import { asKeyed } from './request.ts';
import type { Task, World } from '../world.ts';

export interface ServicePlace {
  readonly service: ServiceIntent;
  /** The certificate that has the settings for reaching it. */
  readonly of: Pick<Task, 'intent' | 'reach'>;
}

/** Every service at the owners of a task, its own first. */
export function servicesAt(task: Pick<Task, 'intent' | 'reach' | 'neighbours'>): ServicePlace[] {
  const owners = ownersOf(task.intent);
  const found = new Map<string, ServicePlace>(
    task.intent.services.map((service) => [service.id, { service, of: task }]),
  );
  for (const of of task.neighbours) {
    for (const service of of.intent.services) {
      const isHere = owners.includes(service.owner);
      if (isHere && !found.has(service.id)) found.set(service.id, { service, of });
    }
  }
  return [...found.values()];
}

/** The kinds of keys that the certificates naming a service have. */
export function algorithmsAt(
  { id }: ServiceIntent,
  task: Pick<Task, 'intent' | 'neighbours'>,
): ReadonlySet<KeyAlgorithm> {
  const naming = [task, ...task.neighbours].filter(({ intent }) =>
    intent.services.some((service) => service.id === id),
  );
  return new Set(naming.map(({ intent }) => algorithmOf(intent.keyType)));
}

/** The files at each target of a certificate now. */
export async function readPlaced(
  { targets }: Pick<Task, 'targets'>,
  world: World,
  call: Call,
): Promise<TargetRead[]> {
  return Promise.all(targets.map((target) => readAt(target, world, call)));
}

/** A machine that is down is logged once, however often it is asked. */
const reported = new WeakMap<DeployTarget, string>();

/** The rest of the run continues without what cannot be read. */
async function readAt(target: DeployTarget, world: World, call: Call): Promise<TargetRead> {
  const { id, reads: places = [] } = target;
  try {
    const found = await target.placed(call);
    const chains = new Map(found.map(({ place, pem }) => [place, world.pki.readPem(pem)]));
    return { target: id, places, chains };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (reported.get(target) !== error.message) {
      reported.set(target, error.message);
      world.log.warn('target not readable', { target: target.label, message: error.message });
    }
    return { target: id, places };
  }
}

/** Chains in files that the services of a certificate load, or that were there when last read. */
export async function placedChains(
  lineage: Lineage,
  reads: readonly TargetRead[],
  world: World,
): Promise<Chain[]> {
  const now = reads.flatMap(({ chains }) => [...(chains?.values() ?? [])]);
  const chains = [...now, ...chainsOf(lineage)];
  const live = await world.files.live(lineage.name);
  const pem = live === undefined ? undefined : await world.files.readChain(lineage.name, live);
  if (pem !== undefined) chains.push(world.pki.readPem(pem));
  return [...new Map(chains.map((chain) => [chain.id, chain])).values()];
}

export async function neighboursOf({
  task,
  world,
  call,
}: Pick<Job, 'task' | 'world' | 'call'>): Promise<Neighbour[]> {
  return Promise.all(
    task.neighbours.map(async (other) => {
      const { name } = other.intent;
      const stored = await readDocument<Lineage>(lineageKey(name), world);
      const lineage = stored?.value ?? newLineage(name);
      const placed = await placedChains(lineage, await readPlaced(other, world, call), world);
      return { intent: asKeyed(other, lineage).intent, lineage, placed };
    }),
  );
}
