// Moves one order as far as it goes: one look at its status, then the one act that the status asks
// for.
import { formatInstant } from '../../base/clock.ts';
import type { Instant } from '../../base/clock.ts';
import { AppError, reasonOf } from '../../base/errors.ts';
import type { Call } from '../../ports/call.ts';
import type { DnsChallenge, OrderStatus } from '../../ports/issuer.ts';
import type { Chain } from '../../dane/chain.ts';
import { namesDomain } from '../../dane/names.ts';
import type { Generation, Lineage } from '../../rollover/model.ts';
import type { Reason } from '../../rollover/reasons.ts';
import { liveGeneration, withGeneration } from '../../rollover/model.ts';
import { lookAgainAt } from '../../rollover/plan/deploy/polling.ts';
import {
  isHopeless,
  lastAnswerAt,
  nextAnswerAt,
  withAnswer,
  withArrival,
  withoutAnswers,
} from './challenge-answers.ts';
import { unseenChallenges } from './challenge-evidence.ts';
import { publishChallenges, withdrawChallenges } from './challenges.ts';
import type { Memory } from '../state/memory.ts';
import { accountIsWell } from '../state/order-pauses.ts';
import { ADVANCED } from './outcome.ts';
import { silenceOver } from './silent-servers.ts';
import type { Outcome } from './outcome.ts';
import type { Task, World } from '../world.ts';

/** Between two looks when the CA names no time of its own. */
const LOOK_AGAIN = 0.5;
/** The same, for one that takes its time. */
const LONGEST_LOOK = 10;
/** A pause before the next answer for which a run stays. A longer one is for the next run. */
const STAYS = 30;

export async function obtain(
  generation: Generation,
  task: Task,
  memory: Memory,
  world: World,
  call: Call,
): Promise<Outcome> {
  if (generation.orderUrl === undefined) return placeOrder(generation, task, memory, world, call);
  const order = await lookAt(generation, generation.orderUrl, memory, world, call);
  switch (order.status) {
    case 'pending':
      return answer(generation, order, task, memory, world, call);
    case 'ready':
      return finalize(generation, order, task, memory, world, call);
    case 'processing':
      return lookAgain(order, memory, world);
    case 'valid':
      return download(generation, order, task, memory, world, call);
    case 'invalid':
      return giveUp(order.problem ?? 'it gave no reason', generation, task, memory, world, call);
  }
}

async function giveUp(
  problem: string,
  generation: Generation,
  task: Task,
  memory: Memory,
  world: World,
  call: Call,
): Promise<never> {
  await forgetOrder(generation, memory);
  await withdrawChallenges(task, memory, world, call);
  throw new AppError(
    'ACME_ORDER_INVALID',
    `the CA refused the order for ${task.intent.domains.join(', ')}: ${problem}`,
    { hint: 'fix what the CA names; the next attempt orders again with the same key' },
  );
}

async function placeOrder(
  generation: Generation,
  task: Task,
  memory: Memory,
  world: World,
  call: Call,
): Promise<Outcome> {
  const predecessor = liveGeneration(memory.lineage)?.chain;
  const replaces = predecessor === undefined ? undefined : world.pki.certId(predecessor);
  world.instant('before order');
  const order = await world.issuer.newOrder(
    {
      domains: task.intent.domains,
      ...(task.profile === undefined ? {} : { profile: task.profile }),
      ...(replaces === undefined ? {} : { replaces }),
    },
    call,
  );
  world.instant('after order');
  await accountIsWell(task, world);
  // Nothing else happens before the URL is on disk: a crash later finds this very order again.
  const { ahead: _ordered, ...ordered } = generation;
  await memory.saveLineage(withGeneration(memory.lineage, { ...ordered, orderUrl: order.url }));
  world.emit({
    event: 'ordered',
    certificate: task.intent.name,
    at: world.clock.now(),
    generation: generation.number,
    orderUrl: order.url,
  });
  return ADVANCED;
}

async function lookAt(
  generation: Generation,
  url: string,
  memory: Memory,
  world: World,
  call: Call,
): Promise<OrderStatus> {
  try {
    return await world.issuer.lookAtOrder(url, call, generation.domains);
  } catch (error) {
    // An order that the CA no longer knows is gone for good; the key stays and is ordered for anew.
    if (error instanceof AppError && error.details['status'] === 404) {
      await forgetOrder(generation, memory);
    }
    throw error;
  }
}

async function forgetOrder(generation: Generation, memory: Memory): Promise<void> {
  const { orderUrl: _gone, ...rest } = generation;
  await memory.saveLineage(withGeneration(withoutAnswers(memory.lineage), rest));
}

/** More and more seldom: a CA that takes minutes needs not be asked each second. */
function nextLook(memory: Memory, now: Instant): Instant {
  const since = lastAnswerAt(memory.lineage) ?? now;
  return Math.max(now + LOOK_AGAIN, lookAgainAt(since, LONGEST_LOOK, now));
}

function lookAgain(order: OrderStatus, memory: Memory, world: World): Outcome {
  const until = Math.max(order.notBefore ?? 0, nextLook(memory, world.clock.now()));
  const because = `the CA is working on the order (${order.status})`;
  const reasons: Reason[] = [{ rule: 'order-is-valid', because, until }];
  return { kind: 'wait', until, soon: true, reasons };
}

async function answer(
  generation: Generation,
  order: OrderStatus,
  task: Task,
  memory: Memory,
  world: World,
  call: Call,
): Promise<Outcome> {
  if (order.challenges.length === 0) return lookAgain(order, memory, world);
  refuseUnasked(order, generation);
  const published = await publishChallenges(order, task, memory, world, call);
  if (published.length === 0) return lookAgain(order, memory, world);
  const reasons = await unseenChallenges(published, task, memory, world, call);
  if (reasons.length > 0) {
    const publishedAt = Math.max(...memory.lineage.challengeRecords.map(({ at }) => at));
    const until = Math.max(
      lookAgainAt(publishedAt, LOOK_AGAIN, world.clock.now()),
      ...reasons.map((reason) => reason.until ?? 0),
    );
    return { kind: 'wait', until, soon: true, reasons };
  }
  const now = world.clock.now();
  const due = published.filter((one) => nextAnswerAt(one, memory.lineage) <= now);
  if (due.length === 0) return stillPending(order, published, memory, world);
  const hopeless = due.find((one) => isHopeless(one, memory.lineage));
  if (hopeless !== undefined) {
    const { identifier, problem = 'the challenge was answered, and the CA did not look' } =
      hopeless;
    return giveUp(`${identifier}: ${problem}`, generation, task, memory, world, call);
  }
  for (const challenge of due) {
    await rememberAnswer(challenge, memory, world);
    world.instant('before answer challenge');
    const notBefore = await world.issuer.answerChallenge(challenge, call);
    world.instant('after answer challenge');
    await memory.saveLineage(withArrival(memory.lineage, challenge, notBefore));
    const { identifier } = challenge;
    world.emit({
      event: 'challenge-answered',
      certificate: task.intent.name,
      at: world.clock.now(),
      identifier,
    });
  }
  return ADVANCED;
}

/** Whatever an issuer says, records are written for the names of the order alone. */
function refuseUnasked({ challenges }: OrderStatus, { domains }: Generation): void {
  const bases = domains.map((domain) => domain.replace(/^\*\./, ''));
  const foreign = challenges.find(({ identifier }) => !bases.includes(identifier));
  if (foreign === undefined) return;
  throw new AppError(
    'ACME_PROBLEM',
    `the CA asks for a proof of ${foreign.identifier}, which was not ordered`,
    { hint: 'nothing was written to DNS for it; ask the CA', details: { type: 'about:blank' } },
  );
}

/** Written down before the CA is told: a crash in between costs a pause, and not an answer more. */
async function rememberAnswer(
  challenge: DnsChallenge,
  memory: Memory,
  world: World,
): Promise<void> {
  const records = memory.lineage.challengeRecords.filter(({ owner }) => owner === challenge.owner);
  const negativeTtl = Math.max(0, ...records.map(({ ttlBefore = 0 }) => ttlBefore));
  const { lineage } = memory;
  await memory.saveLineage(withAnswer(lineage, challenge, negativeTtl, world.clock.now()));
}

/**
 * Everything was answered. A CA that found nothing is told to nobody's face by waiting in silence:
 * what it says is an error.
 */
function stillPending(
  order: OrderStatus,
  published: readonly DnsChallenge[],
  memory: Memory,
  world: World,
): Outcome {
  const now = world.clock.now();
  const again = Math.min(...published.map((one) => nextAnswerAt(one, memory.lineage)));
  const refused = published.filter(({ problem }) => problem !== undefined);
  const [first] = refused;
  if (first === undefined) {
    const wait = lookAgain(order, memory, world);
    return wait.kind === 'wait' ? { ...wait, until: Math.min(wait.until, again) } : wait;
  }
  const words = refused.map(({ identifier, problem = '' }) => `${identifier}: ${problem}`);
  const because = `the CA does not accept the challenge yet: ${words.join('; ')}`;
  if (again - now > STAYS) {
    throw new AppError('ACME_CHALLENGE_PENDING', because, {
      hint: `check that the CA's resolver can see the TXT record at ${first.owner}; it is asked to look again after ${formatInstant(again)}`,
      notBefore: again,
    });
  }
  const reasons: Reason[] = [{ rule: 'challenge-is-valid', because, until: again }];
  return { kind: 'wait', until: again, soon: true, reasons };
}

async function keyOf(generation: Generation, task: Task, world: World): Promise<string> {
  const key = await world.files.readKey(task.intent.name, generation.number);
  if (key !== undefined) return key;
  throw new AppError(
    'STORE_CORRUPT',
    `the private key of generation ${generation.number} of ${task.intent.name} is gone`,
    { hint: 'restore the state directory from a backup, or remove the certificate from it' },
  );
}

async function finalize(
  generation: Generation,
  order: OrderStatus,
  task: Task,
  memory: Memory,
  world: World,
  call: Call,
): Promise<Outcome> {
  const key = await keyOf(generation, task, world);
  const csr = await world.pki.createCsr(key, generation.domains);
  world.instant('before finalize');
  let after: OrderStatus;
  try {
    after = await world.issuer.finalize(order.url, csr, call);
  } catch (error) {
    if (!isUsedAgain(generation) || !refusesKey(error)) throw error;
    // A CA that wants a new key with every certificate: the next generation gets one.
    world.log.warn('the CA does not take a key twice', { message: reasonOf(error) });
    const keyRefused = true;
    await memory.saveLineage(withGeneration(memory.lineage, { ...generation, keyRefused }));
    return ADVANCED;
  }
  world.instant('after finalize');
  if (after.status === 'valid') return download(generation, after, task, memory, world, call);
  return lookAgain(after, memory, world);
}

function isUsedAgain({ keyMadeAt, createdAt }: Generation): boolean {
  return keyMadeAt < createdAt;
}

/** RFC 8555 §6.7 has both words for it. */
function refusesKey(error: unknown): boolean {
  const type = error instanceof AppError ? error.details['type'] : undefined;
  return type === 'badPublicKey' || type === 'badCSR';
}

/**
 * The order is over, though it was for nothing: the next one comes after the floor, or when the
 * operator insists.
 */
async function rememberWrong(
  generation: Generation,
  { certificates }: Chain,
  because: string,
  memory: Memory,
  world: World,
): Promise<void> {
  const { orderUrl: _over, ...key } = generation;
  const [leaf] = certificates;
  const lifetime = leaf === undefined ? 0 : leaf.notAfter - leaf.notBefore;
  const wrong = { at: world.clock.now(), lifetime, because };
  await memory.saveLineage(withGeneration(memory.lineage, { ...key, wrong }));
}

function orderIsOver(lineage: Lineage): Lineage {
  const { orderPause: _over, ...rest } = silenceOver(withoutAnswers(lineage));
  return rest;
}

async function download(
  generation: Generation,
  order: OrderStatus,
  task: Task,
  memory: Memory,
  world: World,
  call: Call,
): Promise<Outcome> {
  const pem = await world.issuer.download(order.url, task.preferredChain, call);
  const chain = world.pki.readPem(pem);
  const key = await keyOf(generation, task, world);
  const names = chain.certificates[0]?.names ?? [];
  const missing = generation.domains.filter((domain) => !namesDomain(names, domain));
  if (!world.pki.keyFits(key, chain) || missing.length > 0) {
    const because =
      missing.length > 0
        ? `the CA's certificate lacks ${missing.join(', ')}`
        : `the CA's certificate is for another key than the one of generation ${generation.number}`;
    await rememberWrong(generation, chain, because, memory, world);
    throw new AppError('ACME_CERTIFICATE_WRONG', because, {
      hint: 'nothing was deployed; tell the CA',
      details: { orderUrl: order.url },
    });
  }
  world.instant('before write chain');
  await world.files.writeChain(task.intent.name, generation.number, pem);
  world.instant('after write chain');
  const issuedAt = world.clock.now();
  const { wrong: _before, ...right } = generation;
  const issued: Generation = { ...right, state: 'issued', chain, issuedAt };
  await memory.saveLineage(withGeneration(orderIsOver(memory.lineage), issued));
  world.emit({
    event: 'issued',
    certificate: task.intent.name,
    at: issuedAt,
    generation: generation.number,
    notAfter: chain.certificates[0]?.notAfter ?? 0,
  });
  await withdrawChallenges(task, memory, world, call);
  return ADVANCED;
}
