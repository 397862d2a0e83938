// Pauses between attempts at an order: after a failed one, and as the CA requests. They are stored,
// so that later runs do not try too often; what the CA says about the account is stored once for
// all certificates of that account.
import { formatInstant } from '../../../base/clock.ts';
import { AppError, reasonOf } from '../../../base/errors.ts';
import type { OrderPause } from '../../../rollover/model.ts';
import { LONGEST_PAUSE, pauseAfter, pauseEnds } from '../../../rollover/backoff.ts';
import type { Job } from '../../job.ts';
import { readOrSetAside } from '../../state/documents.ts';
import type { Task, World } from '../../world.ts';

interface AccountPause extends OrderPause {
  readonly schema: 1;
}

/** One account for each directory. */
const accountKey = ({ intent }: Task): string => `pause/${intent.directory}`;

/** What an operator may have changed because of the failure. */
function subjectOf({ intent, profile, preferredChain }: Task): string {
  const { domains, directory, keyType } = intent;
  return JSON.stringify([[...domains].sort(), directory, keyType, profile, preferredChain]);
}

/** @throws AppError the stored failure, during its pause and without --force */
export async function refuseWhilePaused({ task, memory, world }: Job): Promise<void> {
  if (task.insists === true || task.intent.force) return;
  const { orderPause } = memory.lineage;
  const own = orderPause?.subject === subjectOf(task) ? orderPause : undefined;
  const account = (await readOrSetAside<AccountPause>(accountKey(task), world))?.value;
  for (const pause of [own, account]) {
    if (pause === undefined) continue;
    const end = pauseEnds(pause, memory.lineage, world.clock.now());
    if (end !== undefined) throw remembered(pause, end);
  }
}

function remembered({ code, message, hint, type }: OrderPause, end: number): AppError {
  return new AppError(code, message, {
    hint: withTime(hint, end),
    notBefore: end,
    details: { remembered: true, notBefore: end, ...(type === undefined ? {} : { type }) },
  });
}

function withTime(hint: string | undefined, end: number): string {
  const next = `the next attempt is after ${formatInstant(end)}`;
  return hint === undefined ? next : `${hint}; ${next}`;
}

/**
 * What the CA refused, or when it asked to wait. A connection that failed is tried again by the
 * next run.
 */
function isRefusal({ code, notBefore }: AppError): boolean {
  if (code === 'ACME_UNREACHABLE') return notBefore !== undefined;
  return ['ACME_ORDER_INVALID', 'ACME_PROBLEM', 'ACME_RATE_LIMITED'].includes(code);
}

/** Stores a failed attempt. @returns the failure with the time of the next attempt */
export async function recordPause(job: Job, error: unknown): Promise<unknown> {
  const { task, memory, world } = job;
  if (!(error instanceof AppError) || error.details['remembered'] === true) return error;
  if (!isRefusal(error)) return error;
  const { lineage } = memory;
  const subject = subjectOf(task);
  const before = lineage.orderPause?.subject === subject ? lineage.orderPause.attempts : 0;
  const orderPause = { ...pauseFor(error, before + 1, world), subject };
  await memory.saveLineage({ ...lineage, orderPause });
  if (error.details['scope'] === 'account') await recordForAccount(job, error);
  const end = pauseEnds(orderPause, lineage, world.clock.now()) ?? orderPause.notBefore;
  const { code, message, details, cause } = error;
  return new AppError(code, message, {
    hint: withTime(error.hint, end),
    notBefore: end,
    details,
    cause,
  });
}

function pauseFor(error: AppError, attempts: number, world: World): Omit<OrderPause, 'subject'> {
  const at = world.clock.now();
  const { code, message, hint, exit } = error;
  const type = error.details['type'];
  const asked = Math.min(error.notBefore ?? 0, at + LONGEST_PAUSE);
  return {
    ...{ attempts, at, code, message, exit },
    ...(hint === undefined ? {} : { hint }),
    ...(typeof type === 'string' ? { type } : {}),
    notBefore: Math.max(asked, at + pauseAfter(attempts, world.random())),
  };
}

/** Another process may write the same at the same time: either result is right. */
async function recordForAccount({ task, world }: Job, error: AppError): Promise<void> {
  const key = accountKey(task);
  try {
    const stored = await readOrSetAside<AccountPause>(key, world);
    const pause: AccountPause = {
      schema: 1,
      subject: 'account',
      ...pauseFor(error, (stored?.value.attempts ?? 0) + 1, world),
    };
    await world.store.write(key, pause, stored?.revision ?? 0);
  } catch (failure) {
    world.log.warn('pause of the account not stored', { message: reasonOf(failure) });
  }
}

/** The CA accepts orders of this account: the next refusal counts as the first. */
export async function accountIsWell({ task, world }: Job): Promise<void> {
  const key = accountKey(task);
  const stored = await readOrSetAside<AccountPause>(key, world);
  if (stored === undefined || stored.value.attempts === 0) return;
  const well = { ...stored.value, attempts: 0, notBefore: 0 };
  await world.store.write(key, well, stored.revision).catch((failure: unknown) => {
    world.log.warn('pause of the account not ended', { message: reasonOf(failure) });
  });
}
