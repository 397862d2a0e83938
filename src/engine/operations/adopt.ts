// A key and certificate that a service loads already, and the records that match them, become the
// first generation as they are.
import { formatInstant } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import type { Chain } from '../../dane/chain.ts';
import { sameLeaf } from '../../dane/chain.ts';
import { namesDomain } from '../../dane/names.ts';
import type { Combination, Tlsa } from '../../dane/tlsa.ts';
import { ownersOf } from '../../rollover/law/facts.ts';
import { awake, liveGeneration, withGeneration } from '../../rollover/model.ts';
import type { Generation } from '../../rollover/model.ts';
import { recordsOf } from '../../rollover/plan/records/desired-records.ts';
import { recordsOfAnchors } from '../../rollover/plan/records/known-anchors.ts';
import { NO_TLS } from '../../rollover/record/service-history.ts';
import { adoptRecords } from '../../rollover/record/versions.ts';
import { refuseRevoked } from '../act/refuse-revoked.ts';
import { numberFor } from '../act/restore.ts';
import type { Job } from '../job.ts';
import { observe } from '../observe/observe.ts';
import type { Operation } from '../world.ts';

type Adopted = Pick<Extract<Operation, { kind: 'adopt' }>, 'privkeyPem' | 'chainPem'>;

export async function adopt(job: Job, { privkeyPem, chainPem }: Adopted): Promise<string> {
  const { task, memory, world } = job;
  const { name } = task.intent;
  if (liveGeneration(memory.lineage) !== undefined) {
    throw blocked(
      `holger already manages ${name}`,
      `there is nothing to adopt; holger status ${name} shows what holger manages`,
    );
  }
  if (task.intent.request !== undefined) {
    throw blocked(
      `${name} is ordered with the certificate request in ${task.intent.request}: its key is not here`,
      `start with an order: holger run ${name}`,
    );
  }
  const chain = world.pki.readPem(chainPem);
  const [leaf] = chain.certificates;
  if (leaf === undefined || !world.pki.keyFits(privkeyPem, chain)) {
    throw new AppError('INPUT_INVALID', 'the certificate is not for this private key', {
      hint: 'name the files that the service loads',
    });
  }
  await observe(job);
  refuseUnserved(job, chain);
  await refuseRevoked(job, chain);
  const number = await numberFor(job, privkeyPem, chainPem);
  await world.files.writeKey(name, number, privkeyPem);
  await world.files.writeChain(name, number, chainPem);
  await adoptOwners(job, chain);
  const generation = adoptedAs(job, number, chain, leaf);
  await memory.saveLineage(awake(withGeneration(memory.lineage, generation)));
  await world.files.setLive(name, number);
  return `key and certificate (valid until ${formatInstant(leaf.notAfter)}) are generation ${number} now`;
}

function blocked(message: string, hint: string): AppError {
  return new AppError('BLOCKED', message, { hint });
}

async function adoptOwners({ task, memory }: Job, chain: Chain): Promise<void> {
  const supplies = (combination: Combination): readonly Tlsa[] => [
    ...recordsOf(chain, combination, { trustAnchors: 'chain' }),
    ...recordsOfAnchors(task.intent, combination),
  ];
  for (const owner of ownersOf(task.intent)) {
    const history = memory.owner(owner);
    if (history !== undefined) await memory.saveOwner(adoptRecords(history, supplies));
  }
}

function adoptedAs(
  { task, world }: Job,
  number: number,
  chain: Chain,
  leaf: Chain['certificates'][number],
): Generation {
  const { domains, keyType, directory } = task.intent;
  const now = world.clock.now();
  const covered = domains.every((domain) => namesDomain(leaf.names, domain));
  return {
    ...{ number, state: 'live', directory, chain, spki: leaf.spki },
    // Whatever its type, the key stays until the next renewal. Missing names are a reason for one.
    ...{ keyType, domains: covered ? domains : leaf.names },
    ...{ createdAt: now, keyMadeAt: leaf.notBefore, issuedAt: now },
    ...{ deployBegunAt: now, deployedAt: now },
  };
}

/**
 * What is adopted must be what is served: otherwise the first act would be a deployment for which
 * the operator did not ask.
 */
function refuseUnserved({ task, memory }: Job, chain: Chain): void {
  for (const { id, running, reachable } of task.intent.services) {
    if (!running || !reachable) continue;
    const { endpoints, chains } = memory.service(id);
    for (const [address, { sightings, failure }] of Object.entries(endpoints)) {
      const other = sightings.find((seen) => {
        const met = seen.chain === NO_TLS ? undefined : chains[seen.chain];
        return met === undefined || !sameLeaf(met, chain);
      });
      if (sightings.length > 0 && other === undefined) continue;
      const does =
        other === undefined
          ? `did not answer (${failure ?? 'silent'})`
          : 'presents another certificate';
      throw blocked(
        `${id} at ${address} ${does}, so this one cannot be adopted`,
        'name the files that the service really loads, and reload it if they are newer',
      );
    }
  }
}
