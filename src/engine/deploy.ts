// A chain to every place from which services load it, and the word to the services. What targets acknowledge is a claim, not a proof.
import { AppError } from '../base/errors.ts';
import type { DeployPackage } from '../ports/target.ts';
import type { Generation } from '../rollover/model.ts';
import { withGeneration } from '../rollover/model.ts';
import type { Memory } from './memory.ts';
import { placingAids } from './ours.ts';
import { atEach, complaint } from './targets.ts';
import type { Task, World } from './world.ts';

async function packageOf(generation: Generation, task: Task, world: World): Promise<DeployPackage> {
  const { name, domains } = task.intent;
  const privkey = await world.files.readKey(name, generation.number);
  const fullchain = await world.files.readChain(name, generation.number);
  if (privkey === undefined || fullchain === undefined) {
    throw new AppError(
      'STORE_CORRUPT',
      `files of generation ${generation.number} of ${name} are gone`,
      {
        hint: 'restore the state directory from a backup',
      },
    );
  }
  if (!world.pki.keyFits(privkey, world.pki.readPem(fullchain))) {
    throw new AppError(
      'STORE_CORRUPT',
      `key and certificate of generation ${generation.number} of ${name} do not fit`,
      {
        hint: 'nothing was deployed; restore the state directory from a backup',
      },
    );
  }
  const end = '-----END CERTIFICATE-----';
  const cut = fullchain.indexOf(end) + end.length;
  const pems = {
    privkey,
    fullchain,
    cert: `${fullchain.slice(0, cut)}\n`,
    chain: fullchain.slice(cut).trimStart(),
  };
  const folder = world.files.folder(name, generation.number);
  const aids = placingAids(name, world);
  return { certificate: name, generation: generation.number, domains, folder, pems, ...aids };
}

/**
 * Files placed, `live` moved, services told. From the first save on, the chain counts as live. A target that fails does not
 * keep the others from it; the deployment is then not done, and is begun again.
 */
export async function deploy(
  generation: Generation,
  task: Task,
  memory: Memory,
  world: World,
): Promise<void> {
  const what = await packageOf(generation, task, world);
  const deployBegunAt = generation.deployBegunAt ?? world.clock.now();
  const begun: Generation = { ...generation, state: 'live', deployBegunAt };
  const certificate = task.intent.name;
  await memory.saveLineage(withGeneration(memory.lineage, begun));
  world.emit({ event: 'deploying', certificate, at: deployBegunAt, generation: generation.number });
  const placed = await atEach(task.targets, async (target) => {
    world.instant(`before place ${target.label}`);
    await target.place(what);
    world.instant(`after place ${target.label}`);
  });
  const everywhere = complaint(placed.failures);
  if (placed.taken.length === 0 && everywhere !== undefined) throw everywhere;
  await world.files.setLive(certificate, generation.number);
  world.instant('after live link');
  const told = await atEach(placed.taken, (target) => target.reload(what));
  world.instant('after reload');
  const failure = complaint([...placed.failures, ...told.failures]);
  const deployedAt = world.clock.now();
  if (failure !== undefined) {
    const since = generation.deployFailing?.since ?? deployedAt;
    const deployFailing = { since, last: deployedAt, because: failure.message };
    await memory.saveLineage(withGeneration(memory.lineage, { ...begun, deployFailing }));
    throw failure;
  }
  const { deployFailing: _over, ...well } = begun;
  await memory.saveLineage(withGeneration(memory.lineage, { ...well, deployedAt }));
  world.emit({ event: 'deployed', certificate, at: deployedAt, generation: generation.number });
}

export async function reload(
  generation: Generation,
  task: Task,
  memory: Memory,
  world: World,
): Promise<void> {
  const what = await packageOf(generation, task, world);
  const { failures } = await atEach(task.targets, (target) => target.reload(what));
  const failure = complaint(failures);
  if (failure !== undefined) throw failure;
  const deployedAt = world.clock.now();
  await memory.saveLineage(withGeneration(memory.lineage, { ...generation, deployedAt }));
}
