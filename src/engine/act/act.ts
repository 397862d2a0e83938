// Carries out one step. Each act is idempotent, is stored before it is begun, and its success
// proves nothing.
import { AppError } from '../../base/errors.ts';
import type { Step } from '../../rollover/decision.ts';
import type { Generation, Lineage } from '../../rollover/model.ts';
import { withGeneration } from '../../rollover/model.ts';
import { createKey } from './create-key.ts';
import { rollBackAll } from './restore.ts';
import { deploy, reload, repair } from './deploy.ts';
import type { Job } from '../job.ts';
import type { Memory } from '../state/memory.ts';
import { attempt } from './order/attempt.ts';
import { obtain } from './order/obtain.ts';
import { ADVANCED } from '../standing.ts';
import { refuseRevoked } from './refuse-revoked.ts';
import { send } from './send.ts';
import type { Outcome } from '../standing.ts';
import { publish } from './publish.ts';
import { take } from './take.ts';

function generationOf(number: number, memory: Memory): Generation {
  const found = memory.lineage.generations.find((generation) => generation.number === number);
  if (found === undefined)
    throw new AppError('BUG', `generation ${number} was planned but does not exist any more`);
  return found;
}

export async function act(job: Job, step: Step): Promise<Outcome> {
  const { memory } = job;
  switch (step.kind) {
    case 'create-key':
      await createKey(job, step);
      return ADVANCED;
    case 'obtain':
      return attempt(job, () => obtain(job, generationOf(step.generation, memory)));
    case 'take':
      await take(job, step);
      return ADVANCED;
    case 'publish':
      await publish(job, step.edit);
      return ADVANCED;
    case 'send':
      await send(job, generationOf(step.generation, memory), step.targets);
      return ADVANCED;
    case 'deploy':
      await deployUnrevoked(job, generationOf(step.generation, memory));
      return ADVANCED;
    case 'reload':
      await reload(job, generationOf(step.generation, memory));
      return ADVANCED;
    case 'repair':
      await repair(job, generationOf(step.generation, memory), step.targets);
      return ADVANCED;
    case 'roll-back':
      await rollBackAll(job, step);
      return ADVANCED;
    case 'prove':
      prove(job, generationOf(step.generation, memory));
      return ADVANCED;
  }
}

async function deployUnrevoked(job: Job, generation: Generation): Promise<void> {
  const { chain } = generation;
  if (chain !== undefined) await refuseRevoked(job, chain);
  await deploy(job, generation);
}

/** A key that only holger has is proven live everywhere. */
function emergencyOver(lineage: Lineage): Lineage {
  const { orders, ...rest } = lineage;
  return orders?.offSince === undefined ? rest : { ...rest, orders: { offSince: orders.offSince } };
}

function prove({ task, memory, world }: Job, generation: Generation): void {
  const provenAt = world.clock.now();
  const { lineage } = memory;
  const retired = lineage.generations.map((other): Generation =>
    other.number < generation.number && other.state !== 'retired'
      ? { ...other, state: 'retired' }
      : other,
  );
  const lastWait = Math.max(
    0,
    (generation.deployBegunAt ?? provenAt) - (generation.issuedAt ?? provenAt),
  );
  const proven: Generation = { ...generation, provenAt };
  const after = withGeneration({ ...lineage, generations: retired, lastWait }, proven);
  // Without it the endpoints are met once more.
  memory.noteLineage(generation.compromised === true ? after : emergencyOver(after));
  const endpoints = task.intent.services.reduce(
    (sum, { id }) => sum + Object.keys(memory.service(id).endpoints).length,
    0,
  );
  const { number } = generation;
  world.emit({
    event: 'proven',
    certificate: task.intent.name,
    at: provenAt,
    generation: number,
    endpoints,
  });
}
