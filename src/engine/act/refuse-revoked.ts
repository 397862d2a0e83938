// The last check before a chain is placed or deployed again: whether it is revoked, according to
// the state and to the CA.
import { AppError, reasonOf } from '../../base/errors.ts';
import { formatInstant } from '../../base/clock.ts';
import type { Chain } from '../../dane/chain.ts';
import { sameLeaf } from '../../dane/chain.ts';
import { withGeneration } from '../../rollover/model.ts';
import type { Generation } from '../../rollover/model.ts';
import { isRecalled, revokedAt } from '../../rollover/plan/order/revoked.ts';
import type { Job } from '../job.ts';

/** @throws AppError BLOCKED */
export async function refuseRevoked(job: Job, chain: Chain): Promise<void> {
  const { name: certificate } = job.task.intent;
  const at = revokedAt(chain, job.memory.lineage) ?? (await markOf(job, chain));
  if (at === undefined) return;
  throw new AppError('BLOCKED', `this certificate was revoked at ${formatInstant(at)}`, {
    hint: `to get a new one: holger run ${certificate} --force`,
  });
}

/** The documents may be lost, but the mark beside the chain is not. */
async function markOf({ task, world }: Job, chain: Chain): Promise<number | undefined> {
  const { name: certificate } = task.intent;
  for (const number of await world.files.numbers(certificate)) {
    const at = await world.files.markedAt(certificate, number, 'revoked');
    const pem = at === undefined ? undefined : await world.files.readChain(certificate, number);
    if (pem !== undefined && sameLeaf(world.pki.readPem(pem), chain)) return at;
  }
  return undefined;
}

/**
 * The CA, or another holder of the key, may have revoked it; the answer of the CA is stored. No
 * answer means nothing.
 */
export async function askWhetherRecalled(
  { memory, world, call }: Job,
  generation: Generation,
): Promise<boolean> {
  const { chain, firstWindow } = generation;
  const leaf = chain?.certificates[0];
  const certId = chain === undefined ? undefined : world.pki.certId(chain);
  if (leaf === undefined || certId === undefined) return false;
  const now = world.clock.now();
  try {
    const window = await world.issuerAt(generation.directory)?.renewalInfo(certId, call);
    if (window === undefined) return false;
    if (!isRecalled(firstWindow, window, leaf, now)) {
      const { start, end } = window;
      // A later answer is compared with the first one.
      const known = { ...generation, firstWindow: firstWindow ?? { start, end } };
      memory.noteLineage(withGeneration(memory.lineage, known));
      return false;
    }
  } catch (error) {
    world.log.warn('renewal information not available', { certId, message: reasonOf(error) });
    return false;
  }
  await memory.saveLineage(withGeneration(memory.lineage, { ...generation, recalledAt: now }));
  return true;
}
