// Operations that the configuration starts or cancels: a certificate that is configured again is
// not deleted, and `dane = false` withdraws what was published, like `holger off`. Until that is
// complete the laws apply to the certificate as before.
import { daneOwners, ownersOf } from '../../rollover/law/facts.ts';
import { awake } from '../../rollover/model.ts';
import type { Orders } from '../../rollover/model.ts';
import { cachedVersions } from '../../rollover/record/versions.ts';
import type { Job } from '../job.ts';
import type { Memory } from '../state/memory.ts';
import type { Task } from '../world.ts';

/** The task in its present form. */
export async function settleOrders(job: Job): Promise<Task> {
  const { task, memory, world } = job;
  if (task.departed !== undefined) return task;
  const tell = (what: string, detail: string): void => {
    const { name: certificate } = task.intent;
    world.emit({ event: 'operator', certificate, at: world.clock.now(), what, detail });
  };
  const { leaving, ...staying } = memory.lineage.orders ?? {};
  if (leaving !== undefined) {
    await saveOrders(staying, memory);
    tell('delete', 'cancelled, because the configuration names it again');
  }
  if (task.intent.dane && staying.offByConfiguration === true) {
    await saveOrders(publishing(staying), memory);
    tell('on', 'the configuration says so: TLSA records are published again');
  } else if (!task.intent.dane && staying.offByConfiguration !== true && hasRecords(job)) {
    const offSince = staying.offSince ?? world.clock.now();
    await saveOrders({ ...staying, offSince, offByConfiguration: true }, memory);
    tell('off', 'the configuration says dane = false: its TLSA records are withdrawn');
  }
  return asOrdered(task, memory);
}

/**
 * While records of it may be in caches, clients check it against them, whatever its configuration
 * says.
 */
export function asOrdered<T extends Pick<Task, 'intent'>>(task: T, { lineage }: Memory): T {
  if (lineage.orders?.offByConfiguration !== true) return task;
  return { ...task, intent: { ...task.intent, dane: true } };
}

/** Nothing is left to withdraw, and clients check against nothing. */
export async function withdrawalOver(job: Job): Promise<void> {
  const { task, memory } = job;
  const { orders } = memory.lineage;
  if (task.intent.dane || orders?.offByConfiguration !== true) return;
  if (!hasRecords(job)) await saveOrders(publishing(orders), memory);
}

function publishing({ offSince: _since, offByConfiguration: _why, ...rest }: Orders): Orders {
  return rest;
}

/** Whether a cache may hold records of holger at an owner where no other certificate wants some. */
function hasRecords({ task, memory, world }: Job): boolean {
  const { intent } = task;
  const elsewhere = daneOwners(intent);
  return ownersOf(intent).some((owner) => {
    const history = memory.owner(owner);
    if (history === undefined || elsewhere.includes(owner)) return false;
    return cachedVersions(history, intent.policy, world.clock.now()).some(({ content }) =>
      content.some((rdata) => history.ours.includes(rdata)),
    );
  });
}

export async function saveOrders(orders: Orders, memory: Memory): Promise<void> {
  const { orders: _before, ...rest } = awake(memory.lineage);
  await memory.saveLineage(Object.keys(orders).length === 0 ? rest : { ...rest, orders });
}
