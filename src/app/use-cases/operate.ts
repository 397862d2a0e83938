// The commands that change the course of one certificate: rollback, emergency, off, deploy, adopt …
import type { Operation } from '../../engine/world.ts';
import { allCertificates } from '../known/one-offs.ts';
import { adoptionOf } from './adoption.ts';
import { one } from './app-world.ts';
import type { AppWorld } from './app-world.ts';
import type { AdoptRequest, OperationRequest, RunSummary } from './commands.ts';
import { workOn } from './run.ts';

export async function operate(
  { certificate, what, wait, dryRun }: OperationRequest,
  app: AppWorld,
): Promise<RunSummary> {
  const task = await one(certificate, app);
  const operation = what.kind === 'adopt' ? await adoption(certificate, what.files, app) : what;
  const request = { names: [certificate], wait, dryRun, force: false };
  return workOn([{ ...task, operation }], request, app);
}

async function adoption(
  wanted: string,
  files: AdoptRequest['files'],
  { config, world }: AppWorld,
): Promise<Operation> {
  const all = await allCertificates(config, world);
  const certificate = all.find(({ name }) => name === wanted);
  const found = await adoptionOf(certificate ?? { name: wanted, deploy: [] }, files);
  for (const other of found.others) {
    const at = world.clock.now();
    world.emit({ event: 'managed-elsewhere', certificate: wanted, at, ...other });
  }
  return found.operation;
}
