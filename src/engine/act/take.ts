// The key and certificate of another program become a staged generation: copied into the state,
// from where they are published and deployed like every other one.
import type { Step } from '../../rollover/decision.ts';
import { withGeneration } from '../../rollover/model.ts';
import type { Generation } from '../../rollover/model.ts';
import { withoutOrderFailures } from '../../rollover/plan/order/issuer.ts';
import { certificateTexts } from '../../x509/pem.ts';
import { asPkcs8 } from '../../x509/keys.ts';
import type { Job } from '../job.ts';
import { readOffer } from '../observe/offer.ts';
import { numberFor } from './restore.ts';
import { refuseRevoked } from './refuse-revoked.ts';

/** Does nothing when the files have changed since they were judged: then they are judged again. */
export async function take(
  job: Job,
  { chain: judged }: Extract<Step, { kind: 'take' }>,
): Promise<void> {
  const { task, memory, world } = job;
  const read = await readOffer(task, world);
  if (read === undefined || !('offer' in read) || read.offer.chain.id !== judged) return;
  const { offer, pems } = read;
  await refuseRevoked(job, offer.chain);
  const { name } = task.intent;
  const key = asPkcs8(pems.privkeyPem);
  const chainPem = certificateTexts(pems.certificatePem).join('');
  const number = await numberFor(job, key, chainPem);
  world.instant('before take');
  await world.files.writeKey(name, number, key);
  await world.files.writeChain(name, number, chainPem);
  world.instant('after take');
  const taken = generationOf(job, number, offer);
  await memory.saveLineage(withGeneration(withoutOrderFailures(memory.lineage), taken));
  world.emit({
    ...{ event: 'taken', certificate: name, at: world.clock.now(), generation: number },
    ...{ from: task.source?.label ?? '', notAfter: offer.chain.certificates[0]?.notAfter ?? 0 },
  });
}

function generationOf(
  { task, memory, world }: Job,
  number: number,
  { chain, spki }: Pick<Required<Generation>, 'chain' | 'spki'>,
): Generation {
  const { domains, keyType, directory } = task.intent;
  const now = world.clock.now();
  const before = memory.lineage.generations.find((one) => one.spki === spki);
  const keyMadeAt = before?.keyMadeAt ?? Math.min(now, chain.certificates[0]?.notBefore ?? now);
  return {
    ...{ number, state: 'issued', keyType, domains, directory, spki, keyMadeAt, chain },
    ...{ createdAt: now, issuedAt: now },
  };
}
