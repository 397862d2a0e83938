// The operator wants the chain before the present one back.
import { formatInstant } from '../../base/clock.ts';
import type { Instant } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import { liveGeneration } from '../../rollover/model.ts';
import type { Generation, Lineage } from '../../rollover/model.ts';
import { generationBefore } from '../../rollover/plan/order/generation-before.ts';
import { withdrawnBecause } from '../../rollover/plan/order/revoked.ts';
import { askWhetherRecalled, refuseRevoked } from '../act/refuse-revoked.ts';
import { bringBack } from '../act/restore.ts';
import type { Job } from '../job.ts';

/** Of the generations that a rollback skips. */
const MAX_NAMED = 3;

export async function rollBack(job: Job): Promise<string> {
  const { task, memory, world } = job;
  const { name } = task.intent;
  let before = generationBefore(memory.lineage, world.clock.now());
  while (before !== undefined && (await askWhetherRecalled(job, before))) {
    before = generationBefore(memory.lineage, world.clock.now());
  }
  if (before !== undefined) await refuseRevoked(job, before.chain);
  const number = before && (await bringBack(job, before, {}));
  if (before === undefined || number === undefined) {
    throw new AppError(
      'BLOCKED',
      `${name} has no earlier generation that is proven, valid, not revoked and not compromised${passedOver(memory.lineage, world.clock.now())}`,
      {
        hint:
          `to get a new key and certificate: holger run --force ${name}; to place the present ` +
          `ones again: holger deploy ${name}`,
      },
    );
  }
  return `generation ${before.number} is deployed again, as generation ${number}`;
}

/** Why each earlier generation is not brought back, as far as it has a chain. */
function passedOver(lineage: Lineage, now: Instant): string {
  const live = liveGeneration(lineage)?.number ?? 0;
  const words = lineage.generations
    .filter(({ number, chain }) => number < live && chain !== undefined)
    .map((one) => `generation ${one.number} ${whyNot(one, lineage, now)}`);
  return words.length === 0 ? '' : `: ${words.slice(-MAX_NAMED).join('; ')}`;
}

function whyNot(one: Generation, lineage: Lineage, now: Instant): string {
  const end = one.chain?.certificates[0]?.notAfter ?? 0;
  if (one.compromised === true) return 'has a compromised key';
  const withdrawn = withdrawnBecause(one, lineage);
  if (withdrawn !== undefined) return withdrawn;
  if (now >= end) return `expired at ${formatInstant(end)}`;
  return one.provenAt === undefined ? 'was never proven' : 'has the same certificate, or no files';
}
