// Places an order at the CA, and records its URL before anything else happens.
import { defined } from '../../../base/defined.ts';
import { withGeneration } from '../../../rollover/model.ts';
import type { Generation } from '../../../rollover/model.ts';
import type { OrderStatus } from '../../../ports/issuer.ts';
import type { Job } from '../../job.ts';
import { ADVANCED } from '../../standing.ts';
import type { Outcome } from '../../standing.ts';
import { wishesOf } from '../../world.ts';
import { issuerOf } from './issuer-of.ts';
import { takenBy, waitForLimit } from './limits.ts';
import { accountIsWell } from './pauses.ts';
import { replacedId } from './predecessor.ts';

export async function placeOrder(job: Job, generation: Generation): Promise<Outcome> {
  const { task, memory, world } = job;
  const limit = await waitForLimit(job, generation.number, true);
  if (limit !== undefined) {
    return { kind: 'wait', until: limit.until, soon: false, reasons: [limit] };
  }
  const askedAt = world.clock.now();
  let order: OrderStatus;
  try {
    order = await ask(job, generation);
    // Nothing else happens before the URL is on disk: after a crash the next run finds this order
    // again.
    const { ahead: _ordered, ...ordered } = generation;
    await memory.saveLineage(withGeneration(memory.lineage, { ...ordered, orderUrl: order.url }));
    await accountIsWell(job, askedAt, takenBy(job, order.replaces === true));
  } finally {
    world.accounts?.at(task.intent.directory).end(task.intent.name);
  }
  world.emit({
    event: 'ordered',
    certificate: task.intent.name,
    at: world.clock.now(),
    generation: generation.number,
    orderUrl: order.url,
    ...defined({ insteadOf: task.insteadOf }),
  });
  return ADVANCED;
}

async function ask(job: Job, generation: Generation): Promise<OrderStatus> {
  const { task, memory, world, call } = job;
  const replaces = replacedId(generation, memory.lineage, world.pki);
  world.instant('before order');
  const order = await issuerOf(job, generation).newOrder(
    { domains: task.intent.domains, ...wishesOf(task), ...defined({ replaces }) },
    call,
  );
  world.instant('after order');
  return order;
}
