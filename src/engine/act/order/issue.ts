// The end of an order: the CSR to the CA, and its chain checked and stored.
import { AppError, reasonOf } from '../../../base/errors.ts';
import type { Chain } from '../../../dane/chain.ts';
import { namesDomain } from '../../../dane/names.ts';
import type { OrderStatus } from '../../../ports/issuer.ts';
import { withoutOrderFailures } from '../../../rollover/plan/order/issuer.ts';
import { withGeneration } from '../../../rollover/model.ts';
import type { Generation, Lineage } from '../../../rollover/model.ts';
import type { Job } from '../../job.ts';
import { ADVANCED } from '../../standing.ts';
import type { Outcome } from '../../standing.ts';
import { wishesOf } from '../../world.ts';
import { withoutAnswers } from './challenge-answers.ts';
import { withdrawChallenges } from './withdraw.ts';
import { issuerOf } from './issuer-of.ts';
import { askAgain } from './processing.ts';
import { silenceOver } from './silent-servers.ts';

async function keyOf({ task, world }: Job, { number }: Generation): Promise<string> {
  const { name } = task.intent;
  const key = await world.files.readKey(name, number);
  if (key !== undefined) return key;
  throw new AppError(
    'STORE_CORRUPT',
    `the private key or request of generation ${number} of ${name} is gone`,
    { hint: 'restore the state directory from a backup, or remove the certificate from it' },
  );
}

export async function finalize(
  job: Job,
  generation: Generation,
  order: OrderStatus,
): Promise<Outcome> {
  const { memory, world, call } = job;
  const key = await keyOf(job, generation);
  const csr = await world.pki.createCsr(key, generation.domains);
  world.instant('before finalize');
  let after: OrderStatus;
  try {
    const issuer = issuerOf(job, generation);
    after = issuer.signsHere
      ? await issuer.finalize(order.url, csr, call, key)
      : await issuer.finalize(order.url, csr, call);
  } catch (error) {
    if (!isUsedAgain(generation) || !refusesKey(error)) throw error;
    // A CA that requires a new key for every certificate: the next generation gets one.
    world.log.warn('the CA does not accept a key twice', { message: reasonOf(error) });
    const keyRefused = true;
    await memory.saveLineage(withGeneration(memory.lineage, { ...generation, keyRefused }));
    return ADVANCED;
  }
  world.instant('after finalize');
  return after.status === 'valid' ? download(job, generation, after) : askAgain(job, after);
}

function isUsedAgain({ keyMadeAt, createdAt }: Generation): boolean {
  return keyMadeAt < createdAt;
}

/** RFC 8555 §6.7 has two types for it. */
function refusesKey(error: unknown): boolean {
  const type = error instanceof AppError ? error.details['type'] : undefined;
  return type === 'badPublicKey' || type === 'badCSR';
}

export async function download(
  job: Job,
  generation: Generation,
  order: OrderStatus,
): Promise<Outcome> {
  const { task, memory, world, call } = job;
  const { name } = task.intent;
  const { number } = generation;
  const { preferredChain, deactivateAuthorizations } = wishesOf(task);
  const pem = await issuerOf(job, generation).download(order.url, preferredChain, call);
  const chain = world.pki.readPem(pem);
  await refuseWrong(job, generation, order, chain);
  world.instant('before write chain');
  await world.files.writeChain(name, number, pem);
  world.instant('after write chain');
  const issuedAt = world.clock.now();
  const { wrong: _before, ...right } = generation;
  const issued: Generation = { ...right, state: 'issued', chain, issuedAt };
  await memory.saveLineage(withGeneration(withoutOrder(memory.lineage), issued));
  const notAfter = chain.certificates[0]?.notAfter ?? 0;
  world.emit({ event: 'issued', certificate: name, at: issuedAt, generation: number, notAfter });
  await withdrawChallenges(job);
  if (deactivateAuthorizations === true) await endAuthorizations(job, generation, order.url);
  return ADVANCED;
}

/** They end by themselves later: the certificate is good without it. */
async function endAuthorizations(job: Job, generation: Generation, url: string): Promise<void> {
  const { world, task, call } = job;
  const certificate = task.intent.name;
  try {
    const ended = await issuerOf(job, generation).endAuthorizations?.(url, call);
    world.log.info('authorizations deactivated', { certificate, ended });
  } catch (error) {
    const message = reasonOf(error);
    world.log.warn('authorizations of the order were not deactivated', { certificate, message });
  }
}

/** What is remembered of an order while it is under way. */
function withoutOrder(lineage: Lineage): Lineage {
  const { orderPause: _over, ...rest } = silenceOver(withoutAnswers(lineage));
  return withoutOrderFailures(rest);
}

/** @throws AppError ACME_CERTIFICATE_WRONG when a name is missing, or it is for another key */
async function refuseWrong(
  job: Job,
  generation: Generation,
  order: OrderStatus,
  chain: Chain,
): Promise<void> {
  const key = await keyOf(job, generation);
  const names = chain.certificates[0]?.names ?? [];
  const missing = generation.domains.filter((domain) => !namesDomain(names, domain));
  if (job.world.pki.keyFits(key, chain) && missing.length === 0) return;
  const because =
    missing.length > 0
      ? `the CA's certificate lacks ${missing.join(', ')}`
      : `the CA's certificate is for another key than the one of generation ${generation.number}`;
  await recordWrong(job, generation, chain, because);
  throw new AppError('ACME_CERTIFICATE_WRONG', because, {
    hint: 'nothing was deployed; report it to the CA',
    details: { orderUrl: order.url },
  });
}

/**
 * The order is over, although it yielded nothing. The next one is placed after a pause, or when the
 * operator names the certificate.
 */
async function recordWrong(
  { memory, world }: Job,
  generation: Generation,
  { certificates: [leaf] }: Chain,
  because: string,
): Promise<void> {
  const { orderUrl: _over, ...key } = generation;
  const lifetime = leaf === undefined ? 0 : leaf.notAfter - leaf.notBefore;
  const wrong = { at: world.clock.now(), lifetime, because };
  await memory.saveLineage(withGeneration(memory.lineage, { ...key, wrong }));
}
