// Places an order at the CA, and records its URL before anything else happens.
import { defined } from '../../../base/defined.ts';
import { withGeneration } from '../../../rollover/model.ts';
import type { Generation, Lineage } from '../../../rollover/model.ts';
import type { Job } from '../../job.ts';
import { ADVANCED } from '../../standing.ts';
import type { Outcome } from '../../standing.ts';
import { wishesOf } from '../../world.ts';
import { issuerOf } from './issuer-of.ts';
import { accountIsWell } from './pauses.ts';

export async function placeOrder(job: Job, generation: Generation): Promise<Outcome> {
  const { task, memory, world, call } = job;
  const predecessor = predecessorOf(generation, memory.lineage)?.chain;
  const replaces = predecessor === undefined ? undefined : world.pki.certId(predecessor);
  const askedAt = world.clock.now();
  world.instant('before order');
  const order = await issuerOf(job, generation).newOrder(
    {
      domains: task.intent.domains,
      ...wishesOf(task),
      ...defined({ replaces }),
    },
    call,
  );
  world.instant('after order');
  await accountIsWell(job, askedAt);
  // Nothing else happens before the URL is on disk: after a crash the next run finds this order
  // again.
  const { ahead: _ordered, ...ordered } = generation;
  await memory.saveLineage(withGeneration(memory.lineage, { ...ordered, orderUrl: order.url }));
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

/**
 * What was issued last at this CA, deployed or not: a chain that is staged has replaced the one in
 * use, and a certificate is replaced once (RFC 9773 §5).
 */
export function predecessorOf(
  { number, directory }: Pick<Generation, 'number' | 'directory'>,
  { generations }: Pick<Lineage, 'generations'>,
): Generation | undefined {
  return generations
    .filter((one) => one.chain !== undefined && one.directory === directory)
    .filter((one) => one.number < number && one.rollbackOf === undefined)
    .toSorted((a, b) => a.number - b.number)
    .at(-1);
}
