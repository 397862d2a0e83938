// Carries out one step. Each act is idempotent, is written down before it is begun, and proves
// nothing by succeeding.
import { AppError } from '../../base/errors.ts';
import type { Call } from '../../ports/call.ts';
import type { Step } from '../../rollover/decision.ts';
import type { Generation, Lineage } from '../../rollover/model.ts';
import { withGeneration } from '../../rollover/model.ts';
import { rollBackAll } from './restore.ts';
import { deploy, reload, repair } from './deploy.ts';
import type { Memory } from '../state/memory.ts';
import { freeNumber } from '../state/generation-numbers.ts';
import { obtain } from './order.ts';
import { heedPauses, notePause } from '../state/order-pauses.ts';
import { ADVANCED } from './outcome.ts';
import { refuseRevoked } from './refuse-revoked.ts';
import type { Outcome } from './outcome.ts';
import { publish } from './publish.ts';
import type { Task, World } from '../world.ts';

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
      return order(generationOf(step.generation, memory), task, memory, world, call);
    case 'publish':
      await publish(step.edit, task, memory, world, call);
      return ADVANCED;
    case 'deploy':
      await deployUnrevoked(generationOf(step.generation, memory), task, memory, world);
      return ADVANCED;
    case 'reload':
      await reload(generationOf(step.generation, memory), task, memory, world);
      return ADVANCED;
    case 'repair':
      await repair(generationOf(step.generation, memory), step.targets, task, memory, world);
      return ADVANCED;
    case 'roll-back':
      await rollBackAll(step, task, memory, world, call);
      return ADVANCED;
    case 'prove':
      await prove(generationOf(step.generation, memory), task, memory, world);
      return ADVANCED;
  }
}

async function deployUnrevoked(
  generation: Generation,
  task: Task,
  memory: Memory,
  world: World,
): Promise<void> {
  const { chain } = generation;
  if (chain !== undefined) await refuseRevoked(chain, task.intent.name, memory, world);
  await deploy(generation, task, memory, world);
}

async function order(
  generation: Generation,
  task: Task,
  memory: Memory,
  world: World,
  call: Call,
): Promise<Outcome> {
  await heedPauses(task, memory, world);
  try {
    return await obtain(generation, task, memory, world, call);
  } catch (error) {
    throw await notePause(error, task, memory, world);
  }
}

async function createKey(
  { generation: planned, sameKeyAs, ahead }: Extract<Step, { kind: 'create-key' }>,
  task: Task,
  memory: Memory,
  world: World,
): Promise<void> {
  const { name, keyType, domains, directory } = task.intent;
  // A key that a crash left behind is used, never replaced: no second key for one generation. A
  // whole pair is another one's.
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

/**
 * When the key of another generation was made, if it is the same one: a crash may have left a key
 * that is not.
 */
function keyAge(
  sameKeyAs: number | undefined,
  key: string,
  memory: Memory,
  world: World,
): number | undefined {
  const other = memory.lineage.generations.find(({ number }) => number === sameKeyAs);
  return other?.spki === world.pki.spkiOf(key) ? other.keyMadeAt : undefined;
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
