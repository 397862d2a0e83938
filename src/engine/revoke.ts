// Revocation of a certificate that is not served any more. DANE-EE clients do not check revocation,
// but PKIX clients would refuse a revoked certificate.
import { fromHex } from '../base/bytes.ts';
import { AppError } from '../base/errors.ts';
import { sameLeaf } from '../dane/chain.ts';
import type { Call } from '../ports/call.ts';
import type { RevocationReason } from '../ports/issuer.ts';
import type { Lease } from '../ports/store.ts';
import { ownersOf, liveAt } from '../rollover/law/facts.ts';
import { withGeneration } from '../rollover/model.ts';
import type { Generation, Lineage } from '../rollover/model.ts';
import { sharingLeaf } from '../rollover/plan/order/revoked.ts';
import { NO_TLS } from '../rollover/record/service-history.ts';
import type { Job } from './job.ts';
import { issuerOf } from './act/order/issuer-of.ts';
import { giveBack, takeLeases } from './leases.ts';
import { dry } from './state/read-only.ts';
import { Memory } from './state/memory.ts';
import { observe } from './observe/observe.ts';
import type { Task, World } from './world.ts';

export interface RevokeRequest {
  /** Undefined: the newest that is not in use and not revoked. */
  readonly generation?: number;
  readonly reason: RevocationReason;
  readonly dryRun: boolean;
}

/** @returns the generation that was, or would be, revoked */
export async function revoke(
  task: Task,
  { generation: wanted, reason, dryRun }: RevokeRequest,
  given: World,
  call: Call,
): Promise<number> {
  const { intent } = task;
  if (task.formerly !== undefined) {
    throw new AppError('USAGE', `the renaming of ${intent.name} is not complete yet`, {
      hint: `finish it first: holger rename ${task.formerly.name} ${intent.name}`,
    });
  }
  const world = dryRun ? dry(given) : given;
  const leases: Lease[] = [];
  try {
    // Observing writes the documents of owners and services (rule 19).
    await takeLeases(task, world, leases);
    const memory = await Memory.load(world, intent);
    const job: Job = { task, memory, world, call };
    const one = chosen(memory.lineage.generations, wanted, intent.name);
    await refuseServed(job, one);
    const leaked = reason === KEY_COMPROMISE ? sharingKey(one, memory.lineage) : [];
    refuseKeyInUse(one, leaked);
    const leaf = one.chain?.certificates[0];
    if (dryRun || leaf === undefined) return one.number;
    // Not aborted half-way: the result at the CA must be stored.
    await issuerOf(job, one).revoke({ certificateDer: fromHex(leaf.der), reason }, {});
    const revokedAt = world.clock.now();
    const same = sharingLeaf(one, memory.lineage);
    await memory.saveLineage(
      same.map((each) => ({ ...each, revokedAt })).reduce(withGeneration, memory.lineage),
    );
    // Also beside the chain: this mark survives the loss of the documents.
    for (const { number } of same) {
      await world.files.mark(intent.name, number, 'revoked', revokedAt);
    }
    await markCompromised(job, leaked);
    return one.number;
  } finally {
    for (const lease of leases.reverse()) await giveBack(lease, task, world);
  }
}

/** RFC 5280 §5.3.1: it concerns the key, and therefore every certificate of that key. */
const KEY_COMPROMISE: RevocationReason = 1;

function sharingKey({ spki }: Generation, { generations }: Lineage): readonly Generation[] {
  return generations.filter((other) => other.spki === spki);
}

/**
 * The CA accepts no order for a key that was reported, so a live certificate with it could not be
 * renewed.
 */
function refuseKeyInUse({ number }: Generation, leaked: readonly Generation[]): void {
  const used = leaked.find(({ state, compromised }) => state !== 'retired' && compromised !== true);
  if (used === undefined) return;
  throw new AppError(
    'BLOCKED',
    `generation ${number} has the key of generation ${used.number}, which is ${used.state === 'live' ? 'live' : 'on its way'}`,
    { hint: 'replace that key first: holger emergency' },
  );
}

async function markCompromised(
  { memory, world }: Job,
  leaked: readonly Generation[],
): Promise<void> {
  if (leaked.length === 0) return;
  const numbers = leaked.map(({ number }) => number);
  const generations = memory.lineage.generations.map((one): Generation =>
    numbers.includes(one.number) ? { ...one, compromised: true } : one,
  );
  await memory.saveLineage({ ...memory.lineage, generations });
  for (const number of numbers) {
    await world.files.mark(memory.lineage.name, number, 'compromised', world.clock.now());
  }
}

function chosen(
  generations: readonly Generation[],
  wanted: number | undefined,
  name: string,
): Generation {
  const found = generations.findLast(({ number, state, chain, revokedAt }) =>
    wanted === undefined
      ? state === 'retired' && chain !== undefined && revokedAt === undefined
      : number === wanted && chain !== undefined,
  );
  if (found !== undefined) return found;
  const which = wanted === undefined ? 'no replaced certificate' : `no certificate ${wanted}`;
  throw new AppError('USAGE', `${name} has ${which} to revoke`, {
    hint:
      'to replace the present one first: holger run --force, or holger emergency if its ' +
      'key is compromised',
  });
}

/**
 * A certificate that may still be presented must be replaced first: PKIX clients would refuse it.
 */
async function refuseServed(job: Job, one: Generation): Promise<void> {
  const { intent } = job.task;
  const facts = await observe(job);
  const served = ownersOf(intent)
    .flatMap((owner) => liveAt(owner, intent, facts))
    .find(({ live }) =>
      live.some(
        (chain) => chain !== NO_TLS && one.chain !== undefined && sameLeaf(chain, one.chain),
      ),
    );
  if (served === undefined && one.state !== 'live' && one.state !== 'issued') return;
  const where = served === undefined ? '' : ` at ${served.service.id}, ${served.address}`;
  throw new AppError('BLOCKED', `generation ${one.number} is in use${where}`, {
    hint: 'replace it first: holger run --force, or holger emergency if its key is compromised',
  });
}
