// What an operator asks for outside the normal course. Each operation records what is wanted now,
// and leaves the rest to the planner, under the same laws.
import { AppError } from '../../base/errors.ts';
import { awake, liveGeneration } from '../../rollover/model.ts';
import type { Generation } from '../../rollover/model.ts';
import { saveOrders } from '../act/settle-intent.ts';
import type { Job } from '../job.ts';
import type { Operation } from '../world.ts';
import { adopt } from './adopt.ts';
import { deployAgain } from './deploy-again.ts';
import { forget } from './forget.ts';
import { rollBack } from './roll-back.ts';

export async function performOperation(job: Job, what: Operation): Promise<void> {
  const { task, world } = job;
  const detail = await begin(job, what);
  const { name: certificate } = task.intent;
  world.emit({ event: 'operator', certificate, at: world.clock.now(), what: what.kind, detail });
}

/** @returns what the operator reads about it */
function begin(job: Job, what: Operation): Promise<string> {
  switch (what.kind) {
    case 'rollback':
      return rollBack(job);
    case 'emergency':
      return declareEmergency(job, what.records);
    case 'off':
      return turnOff(job);
    case 'on':
      return turnOn(job);
    case 'adopt':
      return adopt(job, what);
    case 'deploy':
      return deployAgain(job, what);
    case 'forget':
      return forget(job, what.address);
    case 'delete':
      return leave(job, what);
  }
}

async function turnOff({ memory, world }: Job): Promise<string> {
  const orders = { ...memory.lineage.orders, offSince: world.clock.now() };
  await memory.saveLineage(awake({ ...memory.lineage, orders }));
  return 'all TLSA records of this certificate are withdrawn';
}

async function turnOn({ memory }: Job): Promise<string> {
  const { offSince: _over, ...rest } = memory.lineage.orders ?? {};
  await saveOrders(rest, memory);
  return 'TLSA records are published again';
}

async function declareEmergency(
  { task, memory, world }: Job,
  records: 'keep' | 'withdraw',
): Promise<string> {
  const live = liveGeneration(memory.lineage);
  if (live === undefined) {
    throw new AppError('BLOCKED', 'nothing is live yet, so no key can be compromised', {
      hint: 'see holger status',
    });
  }
  const generations = memory.lineage.generations.map((generation): Generation =>
    generation.spki === live.spki ? { ...generation, compromised: true } : generation,
  );
  const emergency = { since: world.clock.now(), records };
  const orders = { ...memory.lineage.orders, emergency };
  await memory.saveLineage(awake({ ...memory.lineage, generations, orders }));
  for (const { number, compromised } of generations) {
    if (compromised === true) {
      await world.files.mark(task.intent.name, number, 'compromised', world.clock.now());
    }
  }
  return `the key of generation ${live.number} is compromised and is replaced`;
}

/** Asked for once more, it goes on with what is allowed now. */
async function leave(
  { memory, world }: Job,
  { keepRecords, moveFiles }: Extract<Operation, { kind: 'delete' }>,
): Promise<string> {
  const { leaving: before, ...orders } = memory.lineage.orders ?? {};
  const allowed = { ...(keepRecords && { keepRecords }), ...(moveFiles && { moveFiles }) };
  const since = before?.since ?? world.clock.now();
  await saveOrders({ ...orders, leaving: { since, ...allowed } }, memory);
  return keepRecords === true
    ? 'keys and state are archived; its records stay in DNS'
    : 'its TLSA records are withdrawn; when no cache holds them any more, keys and state ' +
        'are archived';
}
