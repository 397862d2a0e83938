// An earlier key and chain as a new generation, which is then handled like every other chain.
import { defined } from '../../base/defined.ts';
import { AppError } from '../../base/errors.ts';
import type { Step } from '../../rollover/decision.ts';
import type { Generation } from '../../rollover/model.ts';
import { awake, liveGeneration, nextNumber, withGeneration } from '../../rollover/model.ts';
import type { Job } from '../job.ts';
import { freeNumber } from '../state/generation-numbers.ts';
import { askWhetherRecalled } from './refuse-revoked.ts';

/** Returns its new number; undefined if its files are missing. */
export async function bringBack(
  job: Job,
  before: Generation,
  why: Pick<Generation, 'insteadOf'>,
): Promise<number | undefined> {
  const { task, memory, world } = job;
  const { name } = task.intent;
  const now = world.clock.now();
  const key = await world.files.readKey(name, before.number);
  const chainPem = await world.files.readChain(name, before.number);
  if (before.chain === undefined || key === undefined || chainPem === undefined) return undefined;
  const number = await numberFor(job, key, chainPem);
  world.instant('before bring back');
  await world.files.writeKey(name, number, key);
  await world.files.writeChain(name, number, chainPem);
  world.instant('after bring back');
  const { keyType, domains, directory, spki, keyMadeAt, chain, request } = before;
  // The CA may just have been asked about it.
  const { generations } = memory.lineage;
  const firstWindow = generations.find((one) => one.number === before.number)?.firstWindow;
  const again: Generation = {
    ...{ number, state: 'issued', keyType, domains, directory, spki, keyMadeAt, chain },
    ...{ createdAt: now, issuedAt: now, rollbackOf: before.number },
    ...defined({ firstWindow, request }),
    ...why,
  };
  await memory.saveLineage(withGeneration(awake(memory.lineage), again));
  return number;
}

/** A crash may have left this very pair in a folder; any other content stays. */
export function numberFor(
  { task, memory, world }: Job,
  key: string,
  chain: string,
): Promise<number> {
  const isIt = (oldKey: string, oldChain: string | undefined): boolean =>
    oldKey === key && (oldChain === undefined || oldChain === chain);
  return freeNumber(nextNumber(memory.lineage), task.intent.name, world.files, isIt);
}

/** One target fails for too long: all return to the generation that it still has. */
export async function rollBackAll(
  job: Job,
  { to, from }: Extract<Step, { kind: 'roll-back' }>,
): Promise<void> {
  const { task, memory, world } = job;
  const { name: certificate } = task.intent;
  const before = memory.lineage.generations.find(({ number }) => number === to);
  // The CA may have revoked it while another one was live: then the planner decides again (rule
  // 29).
  if (before !== undefined && (await askWhetherRecalled(job, before))) return;
  const because = liveGeneration(memory.lineage)?.deployFailing?.because ?? '';
  const insteadOf = { generation: from, because };
  const generation = before && (await bringBack(job, before, { insteadOf }));
  if (generation === undefined) {
    throw new AppError('STORE_CORRUPT', `files of generation ${to} of ${certificate} are missing`, {
      hint: 'restore the state directory from a backup',
    });
  }
  const at = world.clock.now();
  world.emit({ event: 'rolled-back', certificate, at, generation, from, to, because });
}
