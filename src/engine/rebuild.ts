// Rebuilds the state of a certificate whose documents are lost or damaged, from keys and chains on
// disk, records in DNS and handshakes. The past in the documents stays unknown, and unknown means
// waiting (rule 10).
import type { Combination, Tlsa } from '../dane/tlsa.ts';
import { ownersOf } from '../rollover/law/facts.ts';
import type { Generation } from '../rollover/model.ts';
import { withGeneration } from '../rollover/model.ts';
import { adoptRecords } from '../rollover/record/versions.ts';
import { recordsOf, recordsOfKey } from '../rollover/plan/records/desired-records.ts';
import { recordsOfAnchors } from '../rollover/plan/records/known-anchors.ts';
import { requestOrKey } from '../x509/request.ts';
import { noteLostStanding } from './act/order/standing-records.ts';
import type { Job } from './job.ts';
import { observe } from './observe/observe.ts';

/** Does nothing if documents exist, or nothing was ever deployed. */
export async function rebuild(job: Job): Promise<void> {
  const { task, memory, world } = job;
  const { intent } = task;
  if (memory.lineage.generations.length > 0) return;
  await noteLostStanding(job);
  const live = await world.files.live(intent.name);
  if (live === undefined) return;
  const generations: Generation[] = [];
  for (const number of await world.files.numbers(intent.name)) {
    const one = await generationOnDisk(job, number, live);
    if (one !== undefined) generations.push(one);
  }
  const unknown = intent.services.filter(({ id }) => !memory.hasService(id));
  await observe(job);
  for (const { id } of unknown) {
    await memory.saveService({ ...memory.service(id), anewAt: world.clock.now() });
  }
  for (const owner of ownersOf(intent)) {
    const history = memory.owner(owner);
    if (history === undefined) continue;
    const supplied = (combination: Combination): Tlsa[] => [
      ...recordsOfAnchors(intent, combination),
      ...generations.flatMap(({ chain, spki }) =>
        chain === undefined
          ? recordsOfKey(spki, combination)
          : recordsOf(chain, combination, { trustAnchors: 'chain' }),
      ),
    ];
    await memory.saveOwner(adoptRecords(history, supplied));
  }
  await memory.saveLineage(generations.reduce(withGeneration, memory.lineage));
  const at = world.clock.now();
  world.emit({ event: 'rebuilt', certificate: intent.name, at, generations: generations.length });
}

/** Before the live one: retired. After it: staged. */
async function generationOnDisk(
  { task, world }: Job,
  number: number,
  live: number,
): Promise<Generation | undefined> {
  const { intent } = task;
  const key = await world.files.readKey(intent.name, number);
  if (key === undefined) return undefined;
  const pem = await world.files.readChain(intent.name, number);
  const chain = pem === undefined ? undefined : world.pki.readPem(pem);
  const [leaf] = chain?.certificates ?? [];
  const revokedAt = await world.files.markedAt(intent.name, number, 'revoked');
  const compromised = await world.files.markedAt(intent.name, number, 'compromised');
  // Not of today, which would look like a long wait; and by our clock, which may be behind the
  // CA's.
  const now = world.clock.now();
  const issuedAt = Math.min(leaf?.notBefore ?? now, now);
  return {
    number,
    state: number === live ? 'live' : number < live ? 'retired' : chain ? 'issued' : 'key',
    ...requestOrKey<Pick<Generation, 'keyType' | 'request'>>(key, {
      request: ({ keyType }) => ({ keyType, request: true }),
      key: () => ({ keyType: intent.keyType }),
    }),
    domains: leaf?.names ?? intent.domains,
    directory: intent.directory,
    createdAt: issuedAt,
    spki: world.pki.spkiOf(key),
    keyMadeAt: issuedAt,
    ...(chain === undefined ? {} : { chain, issuedAt }),
    ...(revokedAt === undefined ? {} : { revokedAt }),
    ...(compromised === undefined ? {} : { compromised: true }),
    // It is not known whether every target has it: it is placed again, which changes nothing where
    // it already is.
    ...(number === live ? { deployBegunAt: issuedAt } : {}),
    ...(number > live && chain === undefined && intent.strategy === 'prepublished'
      ? { ahead: true }
      : {}),
  };
}
