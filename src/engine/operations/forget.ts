// The operator says that a silent name server or endpoint is gone: it counts for nothing until it
// answers again.
import { AppError } from '../../base/errors.ts';
import { ownersOf } from '../../rollover/law/facts.ts';
import { awake } from '../../rollover/model.ts';
import { forgetEndpoint } from '../../rollover/record/service-history.ts';
import { forgetAddress } from '../../rollover/record/versions.ts';
import { forgetSilent } from '../act/order/silent-servers.ts';
import type { Job } from '../job.ts';

export async function forget(job: Job, address: string): Promise<string> {
  const { task, memory } = job;
  const found = [
    await forgetServer(job, address),
    await forgetService(job, address),
    await forgetSilentServer(job, address),
  ];
  if (!found.includes(true)) {
    throw new AppError(
      'USAGE',
      `${address} is not a name server or an endpoint of ${task.intent.name}`,
      { hint: 'give an address as holger status shows it' },
    );
  }
  await memory.saveLineage(awake(memory.lineage));
  return (
    `${address} is ignored until it answers again; holger does not wait for what it may ` +
    'still serve or present'
  );
}

async function forgetServer({ task, memory }: Job, address: string): Promise<boolean> {
  let found = false;
  for (const owner of ownersOf(task.intent)) {
    const history = memory.owner(owner);
    const known = history?.addresses[address];
    if (history === undefined || known === undefined) continue;
    refuseAnswering(address, known.failure);
    await memory.saveOwner(forgetAddress(history, address));
    found = true;
  }
  return found;
}

async function forgetService({ task, memory }: Job, address: string): Promise<boolean> {
  let found = false;
  for (const { id } of task.intent.services) {
    const history = memory.service(id);
    const known = history.endpoints[address];
    if (known === undefined) continue;
    refuseAnswering(address, known.failure);
    await memory.saveService(forgetEndpoint(history, address));
    found = true;
  }
  return found;
}

/** One that did not answer while a challenge was to be seen. */
async function forgetSilentServer({ memory }: Job, address: string): Promise<boolean> {
  const without = forgetSilent(memory.lineage, address);
  if (without !== undefined) await memory.saveLineage(without);
  return without !== undefined;
}

function refuseAnswering(address: string, failure: string | undefined): void {
  if (failure !== undefined) return;
  throw new AppError('BLOCKED', `${address} answers, so it cannot be forgotten`, {
    hint: 'remove it from DNS first',
  });
}
