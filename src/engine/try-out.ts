// A trial issuance: everything up to a certificate at a test environment of the CA. The key is in
// no file, the chain is checked and dropped, and the state of the certificate is not changed. Read
// is only which keys are compromised. The published TXT records of the challenges are stored until
// they are withdrawn: after a crash the next run does that.
import { formatDuration } from '../base/duration.ts';
import type { Instant, Seconds } from '../base/clock.ts';
import { defined } from '../base/defined.ts';
import { AppError } from '../base/errors.ts';
import type { Call } from '../ports/call.ts';
import type { Lease, Store } from '../ports/store.ts';
import { newLineage } from '../rollover/model.ts';
import type { Generation, Lineage } from '../rollover/model.ts';
import { usableRequest } from './act/create-key.ts';
import type { Reason } from '../rollover/reasons.ts';
import { CHALLENGE } from './act/order/challenge-evidence.ts';
import { obtain } from './act/order/obtain.ts';
import { withdrawChallenges } from './act/order/withdraw.ts';
import { readDocument, readOrSetAside } from './state/documents.ts';
import { dry } from './state/read-only.ts';
import type { Event } from './events.ts';
import { failureOf } from './failed.ts';
import { uninterruptible } from './job.ts';
import type { Job } from './job.ts';
import { giveBack, takeLease } from './leases.ts';
import { lineageKey, Memory } from './state/memory.ts';
import { preflight } from './observe/preflight.ts';
import { report, summaryOf } from './result.ts';
import type { RunResult, RunSummary } from './result.ts';
import type { Outcome, Standing } from './standing.ts';
import { WorkSpan } from './work-span.ts';
import type { Task, World } from './world.ts';

const TRY_OUT = 'try-out/';
const keyOf = (name: string): string => `${TRY_OUT}${name}`;

/**
 * Slow secondaries take minutes. A CA that does not finish is reported while the operator is still
 * there.
 */
const PATIENCE: Seconds = 600;
const NUMBER = 1;

export interface TryOutOptions {
  /** Stay until it is done. */
  readonly wait: boolean;
}

/**
 * One after the other. `world.issuer` is the test environment, and the intent of each task names
 * its directory.
 */
export async function tryOut(
  tasks: readonly Task[],
  world: World,
  options: TryOutOptions,
  call: Call,
): Promise<RunSummary> {
  const results = new Map<string, RunResult>();
  const work = new WorkSpan(world);
  const marked = { ...world, work, emit: (event: Event) => tell(event, world) };
  try {
    for (const task of tasks) {
      const result = await tryOne(task, marked, options, call);
      results.set(task.intent.name, result);
      report(task, result, marked);
    }
  } finally {
    await work.end();
  }
  return summaryOf(results, work.exit);
}

/** Its generation is not reported: it is dropped at once. */
function tell(event: Event, world: World): void {
  if (event.event === 'key-created' || event.event === 'issued') return;
  world.emit({ ...event, tryOut: true });
}

async function tryOne(
  task: Task,
  world: World,
  options: TryOutOptions,
  call: Call,
): Promise<RunResult> {
  let lease: Lease | undefined;
  try {
    call.signal?.throwIfAborted();
    lease = await takeLease(keyOf(task.intent.name), world);
    const standing = await issue(task, world, options, call);
    return { standing, exit: standing.kind === 'blocked' ? 4 : 0 };
  } catch (error) {
    const failure = failureOf(error, task, world, call);
    return { failure, exit: failure.exit };
  } finally {
    if (lease !== undefined) await giveBack(lease, task, world);
  }
}

async function issue(
  task: Task,
  given: World,
  options: TryOutOptions,
  call: Call,
): Promise<Standing> {
  await withdrawLeft(task, given);
  const { intent } = task;
  const key =
    task.request === undefined
      ? await given.pki.createKey(intent.keyType)
      : await requestFor(task, dry(given));
  const world: World = {
    ...given,
    store: apart(given, intent.name),
    files: { ...dry(given).files, readKey: () => Promise.resolve(key) },
  };
  const memory = await Memory.load(world, intent, []);
  const job: Job = { task, memory, world, call };
  const refused = await preflight(job);
  if (refused !== undefined) return refused;
  await given.work?.begin();
  try {
    const notAfter = await order(job, keyed(key, task, world), options);
    return { kind: 'tried', directory: intent.directory, notAfter };
  } finally {
    await withdraw(task, memory, given);
  }
}

/** What a run would refuse, a trial refuses, too: for example a compromised key. */
async function requestFor(task: Task, world: World): Promise<string> {
  const { name } = task.intent;
  const stored = await readDocument<Lineage>(lineageKey(name), world);
  return (await usableRequest(task, stored?.value ?? newLineage(name), world)).pem;
}

function keyed(key: string, { intent }: Task, world: World): Generation {
  const { keyType, domains, directory } = intent;
  const now = world.clock.now();
  return {
    ...{ number: NUMBER, state: 'key', keyType, domains, directory },
    ...{ createdAt: now, keyMadeAt: now, spki: world.pki.spkiOf(key) },
  };
}

async function order(job: Job, made: Generation, { wait }: TryOutOptions): Promise<Instant> {
  const { memory, world, call } = job;
  const patienceEnds = wait ? Infinity : world.clock.now() + PATIENCE;
  await memory.saveLineage({ ...memory.lineage, generations: [made] });
  for (;;) {
    const [generation = made] = memory.lineage.generations;
    if (generation.state === 'issued') return generation.chain?.certificates[0]?.notAfter ?? 0;
    call.signal?.throwIfAborted();
    const outcome = await obtain(uninterruptible(job), generation);
    if (outcome.kind !== 'wait') continue;
    const now = world.clock.now();
    const urgent = outcome.reasons.find(({ needs }) => needs === 'person');
    if (urgent !== undefined || outcome.until > patienceEnds) throw givenUp(outcome, urgent);
    await world.clock.sleep(Math.max(outcome.until - now, 0), call.signal);
  }
}

/** `urgent`: time alone does not end the wait. */
function givenUp(
  { reasons }: Extract<Outcome, { kind: 'wait' }>,
  urgent: Reason | undefined,
): AppError {
  const why = reasons.map(({ because }) => because).join('; ');
  if (urgent !== undefined) {
    const { hint } = urgent;
    const text = `no certificate was issued: ${why}`;
    return new AppError('ACME_CHALLENGE_PENDING', text, { ...defined({ hint }), overdue: true });
  }
  return new AppError(
    'ACME_CHALLENGE_PENDING',
    `no certificate was issued within ${formatDuration(PATIENCE)}: ${why}`,
    { hint: 'try it again with --wait, which stays until it is done' },
  );
}

/**
 * The documents of the trial in place of those of the certificate; others are read, but not
 * written.
 */
function apart(world: World, name: string): Store {
  const { store } = world;
  const { store: shown } = dry(world);
  const own = (key: string): string | undefined => {
    if (key === lineageKey(name)) return keyOf(name);
    // The time of the withdrawal of a TXT record matters for the next order.
    return key.startsWith(CHALLENGE) ? key : undefined;
  };
  return {
    ...shown,
    read: (key) => {
      const mine = own(key);
      return mine === undefined ? shown.read(key) : store.read(mine);
    },
    write: (key, value, expected) => {
      const mine = own(key);
      return mine === undefined
        ? shown.write(key, value, expected)
        : store.write(mine, value, expected);
    },
    setAside: (key) => {
      const mine = own(key);
      return mine === undefined ? shown.setAside(key) : store.setAside(mine);
    },
  };
}

/** @throws AppError PROVIDER_FAILED if a record is left, which stays stored */
async function withdraw(task: Task, memory: Memory, world: World): Promise<void> {
  const { store } = world;
  const { name } = task.intent;
  await withdrawChallenges({ task, memory, world, call: {} }, 'all');
  await memory.flush();
  const left = memory.lineage.challengeRecords.map(({ owner }) => owner);
  if (left.length === 0) return store.remove(keyOf(name));
  throw new AppError(
    'PROVIDER_FAILED',
    `TXT records of the challenge could not be withdrawn at ${[...new Set(left)].join(', ')}`,
    { hint: 'the log says why; the next holger run withdraws them' },
  );
}

/** Of an aborted trial. */
async function withdrawLeft(task: Task, world: World): Promise<void> {
  const { intent } = task;
  if ((await readOrSetAside(keyOf(intent.name), world)) === undefined) return;
  const left = await Memory.load({ ...world, store: apart(world, intent.name) }, intent, []);
  await withdraw(task, left, world);
}

export async function hasTryOuts({ store }: Pick<World, 'store'>): Promise<boolean> {
  return (await store.keys(TRY_OUT)).length > 0;
}

/** Leftovers of aborted trials, also of certificates that do not exist any more. */
export async function endTryOuts(taskFor: (name: string) => Task, world: World): Promise<void> {
  for (const key of await world.store.keys(TRY_OUT)) {
    const task = taskFor(key.slice(TRY_OUT.length));
    let lease: Lease | undefined;
    try {
      lease = await takeLease(key, world);
      await withdrawLeft(task, world);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const { code, message } = error;
      // One that is in progress withdraws them itself.
      if (code !== 'LOCKED') world.log.warn('trial not ended', { key, code, message });
    } finally {
      if (lease !== undefined) await giveBack(lease, task, world);
    }
  }
}
