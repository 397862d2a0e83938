// The key of a new generation: made here, or that of a request of the operator.
import { AppError } from '../../base/errors.ts';
import type { Step } from '../../rollover/decision.ts';
import type { Generation, Lineage } from '../../rollover/model.ts';
import { newLineage, withGeneration } from '../../rollover/model.ts';
import { requestFault, sameKeyAs } from '../../rollover/plan/order/request.ts';
import type { KeyWish } from '../../ports/target.ts';
import { isRequest } from '../../x509/pem.ts';
import type { Job } from '../job.ts';
import { fenced, withFence } from './fence.ts';
import { readRequest } from '../observe/request.ts';
import { readDocument } from '../state/documents.ts';
import { freeNumber } from '../state/generation-numbers.ts';
import { lineageKey } from '../state/memory.ts';
import type { Task, World } from '../world.ts';

type Planned = Extract<Step, { readonly kind: 'create-key' }>;

type Made = Pick<Generation, 'number' | 'keyType' | 'spki' | 'request'> & {
  /** Undefined: now. */
  readonly madeAt: number | undefined;
};

export async function createKey(job: Job, planned: Planned): Promise<void> {
  const { task, memory, world } = job;
  const { name, domains, directory } = task.intent;
  const { ahead } = planned;
  const { madeAt, ...made } =
    planned.request === undefined ? await ownKey(job, planned) : await keyOfRequest(job, planned);
  const createdAt = world.clock.now();
  const generation: Generation = {
    ...made,
    ...{ state: 'key', domains, directory, createdAt, keyMadeAt: madeAt ?? createdAt },
    ...(ahead === undefined ? {} : { ahead }),
  };
  await memory.saveLineage(withGeneration(memory.lineage, generation));
  world.emit({
    event: 'key-created',
    certificate: name,
    at: createdAt,
    generation: made.number,
    keyType: made.keyType,
    ...(planned.request === undefined ? {} : { request: planned.request }),
  });
}

async function ownKey(job: Job, { generation: planned, sameKeyAs: same }: Planned): Promise<Made> {
  const { task, memory, world } = job;
  const { name, keyType, keyAtTarget } = task.intent;
  // A key that a crash left behind is used, never replaced: no second key for one generation. A
  // complete pair belongs to another generation, and a request is for a key that is not here.
  const isAlone = (key: string, chain: string | undefined): boolean =>
    chain === undefined && isRequest(key) === (keyAtTarget === true);
  const number = await freeNumber(planned, name, world.files, isAlone);
  let key = await world.files.readKey(name, number);
  if (key === undefined) {
    const old = same === undefined ? undefined : await world.files.readKey(name, same);
    const isUsable = old !== undefined && !isRequest(old) && keyAtTarget !== true;
    key = isUsable ? old : await newKey(job, number);
    world.instant('before write key');
    await world.files.writeKey(name, number, key);
    world.instant('after write key');
  }
  const spki = world.pki.spkiOf(key);
  // After a crash the folder may have a different key.
  const other = memory.lineage.generations.find((one) => one.number === same);
  const madeAt = other?.spki === spki ? other.keyMadeAt : undefined;
  return { number, keyType, spki, madeAt, ...(keyAtTarget && { request: true }) };
}

/** The key, or the request of one that another machine has made and keeps. */
async function newKey(job: Job, generation: number): Promise<string> {
  const { task, memory, world } = job;
  const { keyType, keyAtTarget, domains } = task.intent;
  if (keyAtTarget !== true) return world.pki.createKey(keyType);
  const [target] = task.targets;
  if (target?.makeKey === undefined) {
    throw new AppError('BUG', `${task.intent.name} has no target that makes keys`);
  }
  const wish = fenced<KeyWish>(job, { generation, domains, keyType });
  await memory.saveLineage(withFence(memory.lineage, wish));
  return target.makeKey(wish);
}

/** The file may have changed since it was judged: what is in it now is used, or refused. */
async function keyOfRequest(job: Job, { generation: planned }: Planned): Promise<Made> {
  const { task, memory, world } = job;
  const { name } = task.intent;
  const { pem, spki, keyType } = await usableRequest(task, memory.lineage, world);
  const isIt = (left: string, chain: string | undefined): boolean =>
    chain === undefined && left === pem;
  const number = await freeNumber(planned, name, world.files, isIt);
  world.instant('before write key');
  await world.files.writeKey(name, number, pem);
  world.instant('after write key');
  const madeAt = sameKeyAs(spki, memory.lineage)?.keyMadeAt;
  return { number, keyType, spki, madeAt, request: true };
}

/**
 * `lineage`: of the certificate. Keys that are compromised are also known from its neighbours.
 * @throws AppError BLOCKED when no order can be placed with it
 */
export async function usableRequest(
  task: Task,
  lineage: Lineage,
  world: Pick<World, 'store'>,
): Promise<Pick<Generation, 'spki' | 'keyType'> & { readonly pem: string }> {
  const read = await readRequest(task);
  const request = read?.fact;
  const neighbours = await Promise.all(
    task.neighbours.map(async ({ intent: { name } }) => {
      const stored = await readDocument<Lineage>(lineageKey(name), world);
      return { lineage: stored?.value ?? newLineage(name) };
    }),
  );
  const fault = requestFault(task.intent, {
    ...{ lineage, neighbours },
    ...(request === undefined ? {} : { request }),
  });
  if (fault !== undefined) throw new AppError('BLOCKED', fault.because, { hint: fault.hint });
  if (read === undefined || request?.status !== 'request') {
    throw new AppError('BUG', `${task.intent.name} is not ordered with a request`);
  }
  return { pem: read.pem, spki: request.spki, keyType: request.keyType };
}
