// Carries out one step. Each act is idempotent, is written down before it is begun, and proves nothing by succeeding.
import { AppError } from '../base/errors.ts';
import { tlsaFromRdata, tlsaText } from '../dane/tlsa.ts';
import type { RdataHex } from '../dns/rrset.ts';
import { rdataSet } from '../dns/rrset.ts';
import type { Call } from '../ports/call.ts';
import type { DeployPackage } from '../ports/target.ts';
import type { Edit, Step } from '../rollover/decision.ts';
import type { Generation, Lineage } from '../rollover/model.ts';
import { withGeneration } from '../rollover/model.ts';
import { beginWrite, cancelWrite, newestVersion } from '../rollover/versions.ts';
import { rollBackAll } from './bring-back.ts';
import type { Memory } from './memory.ts';
import { freeNumber } from './numbers.ts';
import { obtain } from './obtain.ts';
import { ADVANCED } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { atEach, complaint } from './targets.ts';
import type { Task, World } from './world.ts';

function generationOf(number: number, memory: Memory): Generation {
  const found = memory.lineage.generations.find((generation) => generation.number === number);
  if (found === undefined)
    throw new AppError('BUG', `generation ${number} was planned and is gone`);
  return found;
}

export async function act(
  step: Step,
  task: Task,
  memory: Memory,
  world: World,
  call: Call,
): Promise<Outcome> {
  switch (step.kind) {
    case 'create-key':
      await createKey(step, task, memory, world);
      return ADVANCED;
    case 'obtain':
      return obtain(generationOf(step.generation, memory), task, memory, world, call);
    case 'publish':
      await publish(step.edit, task, memory, world, call);
      return ADVANCED;
    case 'deploy':
      await deploy(generationOf(step.generation, memory), task, memory, world);
      return ADVANCED;
    case 'reload':
      await reload(generationOf(step.generation, memory), task, memory, world);
      return ADVANCED;
    case 'roll-back':
      await rollBackAll(step, task, memory, world);
      return ADVANCED;
    case 'prove':
      await prove(generationOf(step.generation, memory), task, memory, world);
      return ADVANCED;
  }
}

async function createKey(
  { generation: planned, sameKeyAs, ahead }: Extract<Step, { kind: 'create-key' }>,
  task: Task,
  memory: Memory,
  world: World,
): Promise<void> {
  const { name, keyType, domains, directory } = task.intent;
  // A key that a crash left behind is used, never replaced: no second key for one generation. A whole pair is another one's.
  const isAlone = (_key: string, chain: string | undefined): boolean => chain === undefined;
  const number = await freeNumber(planned, name, world.files, isAlone);
  let key = await world.files.readKey(name, number);
  if (key === undefined) {
    const old = sameKeyAs === undefined ? undefined : await world.files.readKey(name, sameKeyAs);
    key = old ?? (await world.pki.createKey(keyType));
    world.instant('before write key');
    await world.files.writeKey(name, number, key);
    world.instant('after write key');
  }
  const createdAt = world.clock.now();
  const keyMadeAt = keyAge(sameKeyAs, key, memory, world) ?? createdAt;
  const generation: Generation = {
    number,
    state: 'key',
    keyType,
    domains,
    directory,
    createdAt,
    spki: world.pki.spkiOf(key),
    keyMadeAt,
    ...(ahead === undefined ? {} : { ahead }),
  };
  await memory.saveLineage(withGeneration(memory.lineage, generation));
  world.emit({
    event: 'key-created',
    certificate: name,
    at: createdAt,
    generation: number,
    keyType,
  });
}

/** When the key of another generation was made, if it is the same one: a crash may have left a key that is not. */
function keyAge(
  sameKeyAs: number | undefined,
  key: string,
  memory: Memory,
  world: World,
): number | undefined {
  const other = memory.lineage.generations.find(({ number }) => number === sameKeyAs);
  return other?.spki === world.pki.spkiOf(key) ? other.keyMadeAt : undefined;
}

function texts(rdata: readonly RdataHex[]): string[] {
  return rdata.flatMap((item) => {
    const record = tlsaFromRdata(item);
    return record === undefined ? [] : [tlsaText(record)];
  });
}

async function publish(
  edit: Edit,
  task: Task,
  memory: Memory,
  world: World,
  call: Call,
): Promise<void> {
  const history = memory.owner(edit.owner);
  const from = history === undefined ? undefined : newestVersion(history);
  if (history === undefined || from === undefined) {
    throw new AppError('BUG', `an edit of ${edit.owner} was planned without a look at it`);
  }
  const provider = world.providerFor(history.zone, 'tlsa', task.provider);
  const kept = edit.expect.filter((rdata) => !edit.remove.includes(rdata));
  const content = rdataSet([...kept, ...edit.add]);
  const at = world.clock.now();
  await memory.saveOwner(beginWrite(history, from, { content, ttl: edit.ttl }, at));
  const { zone, target } = history;
  const { ttl, add, remove, expect, expectTtl } = edit;
  try {
    world.instant('before publish');
    const outcome = await provider.apply(
      { zone, owner: target, type: 'TLSA', ttl, add, remove, expect, expectTtl },
      call,
    );
    world.instant('after publish');
    if (outcome === 'conflict') {
      await takeBack(edit, at, memory);
      throw new AppError(
        'UPDATE_CONFLICT',
        `the RRset at ${target} is not what was seen; nothing was written`,
        {
          hint: 'somebody else edits it, or its primary is ahead of the servers that were asked; run again',
        },
      );
    }
  } catch (error) {
    // Only a refusal proves that nothing was written; a lost answer proves nothing (rule 8).
    if (error instanceof AppError && REFUSALS.has(error.code)) await takeBack(edit, at, memory);
    throw error;
  }
  world.emit({
    event: edit.remove.length > 0 ? 'withdrawn' : 'published',
    certificate: task.intent.name,
    at: world.clock.now(),
    owner: target,
    ttl,
    add: texts(add),
    remove: texts(remove),
  });
}

const REFUSALS: ReadonlySet<string> = new Set([
  'UPDATE_REFUSED',
  'TSIG_FAILED',
  'TSIG_BADTIME',
  'PROVIDER_AUTH',
  'CONFIG_INVALID',
]);

async function takeBack(edit: Edit, at: number, memory: Memory): Promise<void> {
  const history = memory.owner(edit.owner);
  if (history !== undefined) await memory.saveOwner(cancelWrite(history, at));
}

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
  return { certificate: name, generation: generation.number, domains, folder, pems };
}

/**
 * Files placed, `live` moved, services told. From the first save on, the chain counts as live. A target that fails does not
 * keep the others from it; the deployment is then not done, and is begun again.
 */
async function deploy(
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

async function reload(
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

/** A key that nobody else has is proven live everywhere. */
function emergencyOver(lineage: Lineage): Lineage {
  const { orders, ...rest } = lineage;
  return orders?.offSince === undefined ? rest : { ...rest, orders: { offSince: orders.offSince } };
}

async function prove(
  generation: Generation,
  task: Task,
  memory: Memory,
  world: World,
): Promise<void> {
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
  await memory.saveLineage(generation.compromised === true ? after : emergencyOver(after));
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
