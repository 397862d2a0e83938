// Pauses between attempts at an order: after a failed one, and as the CA requests. They are stored,
// so that later runs do not try too often; what the CA says about the account is stored once for
// all certificates of that account.
import { formatInstant } from '../../../base/clock.ts';
import type { Instant } from '../../../base/clock.ts';
import { defined } from '../../../base/defined.ts';
import { AppError, reasonOf } from '../../../base/errors.ts';
import { stagedGeneration } from '../../../rollover/model.ts';
import type { OrderPause } from '../../../rollover/model.ts';
import { LONGEST_PAUSE, pauseAfter, pauseEnds } from '../../../rollover/backoff.ts';
import { afterUse } from '../../../rollover/plan/order/ca-limits.ts';
import type { Bucket } from '../../../rollover/plan/order/ca-limits.ts';
import { pauseOf } from '../../../rollover/record/account.ts';
import type { AccountMemory } from '../../../rollover/record/account.ts';
import type { Job } from '../../job.ts';
import { changeAccount, readAccount } from '../../state/account.ts';
import { wishesOf } from '../../world.ts';
import type { World } from '../../world.ts';

/** What an operator may have changed because of the failure. */
function subjectOf({ task, memory }: Pick<Job, 'task' | 'memory'>): string {
  const { domains, directory, keyType, request } = task.intent;
  const wishes = Object.entries(wishesOf(task)).sort();
  // The operator may have made another request because the CA refused the key.
  const key = request === undefined ? [] : [stagedGeneration(memory.lineage)?.spki];
  return JSON.stringify([[...domains].sort(), directory, keyType, ...wishes, ...key]);
}

/**
 * An operator who gives --force, or the name of a certificate, does not wait for it: the CA is
 * asked, and if it then refuses the account, that holds for the rest of the run. @throws AppError
 * the stored failure, during its pause
 */
export async function refuseWhilePaused(job: Job): Promise<void> {
  const { task, memory, world } = job;
  const insists = task.insists === true || task.intent.force;
  const { orderPause } = memory.lineage;
  const own = orderPause?.subject === subjectOf(job) && !insists ? orderPause : undefined;
  for (const pause of [own, await accountPause(job, insists)]) {
    if (pause === undefined) continue;
    const end = pauseEnds(pause, memory.lineage, world.clock.now());
    if (end !== undefined) throw remembered(pause, end);
  }
}

async function accountPause(
  { task, memory, world }: Job,
  insists: boolean,
): Promise<OrderPause | undefined> {
  const account = await readAccount(task.intent.directory, world);
  if (insists && !account.isRefused) return undefined;
  const pause = pauseOf(account.memory);
  // The CA has accepted this order, and only new ones are limited. If it is down, it is down for
  // all.
  const isPlaced = stagedGeneration(memory.lineage)?.orderUrl !== undefined;
  return isPlaced && pause?.code !== 'ACME_UNREACHABLE' ? undefined : pause;
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
  if (hint === undefined) return next;
  // A URL to be opened stays alone on its line.
  return hint.includes('\n') ? `${next}; ${hint}` : `${hint}; ${next}`;
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
  const { memory, world } = job;
  if (!(error instanceof AppError) || error.details['remembered'] === true) return error;
  if (!isRefusal(error)) return error;
  const { lineage } = memory;
  const subject = subjectOf(job);
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

/** Orders that were under way at the same time were refused for the same reason: it counts once. */
async function recordForAccount({ task, world }: Job, error: AppError): Promise<void> {
  const { directory } = task.intent;
  try {
    const refused = (known: AccountMemory | undefined): AccountMemory => {
      const { attempts = 0, notBefore = 0 } = pauseOf(known) ?? {};
      const isInForce = notBefore > world.clock.now();
      const pause = pauseFor(error, isInForce ? attempts : attempts + 1, world);
      return { ...pause, schema: 1, subject: 'account', ...defined({ used: known?.used }) };
    };
    await changeAccount(directory, world, refused, (account) => {
      account.isRefused = true;
    });
  } catch (failure) {
    world.log.warn('pause of the account not stored', { message: reasonOf(failure) });
  }
}

/**
 * The CA has accepted an order of this account: the next refusal counts as the first. `askedAt`:
 * what it has refused since then still holds. `taken`: what the order has used up.
 */
export async function accountIsWell(
  { task, world }: Job,
  askedAt: Instant,
  taken: readonly Bucket[] = [],
): Promise<void> {
  const { directory, name } = task.intent;
  const accepted = (known: AccountMemory | undefined): AccountMemory | undefined => {
    const pause = pauseOf(known);
    const isOver = pause !== undefined && pause.at <= askedAt;
    if (!isOver && taken.length === 0) return undefined;
    const now = world.clock.now();
    const used = taken.length > 0 && afterUse(taken, known?.used ?? {}, directory, now);
    const after = { ...(known ?? { schema: 1 as const }), ...(used && { used }) };
    return isOver ? { ...pause, ...after, attempts: 0, notBefore: 0 } : after;
  };
  try {
    // What it has taken is never counted twice.
    await changeAccount(directory, world, accepted, (account) => account.end(name));
  } catch (failure) {
    const message = reasonOf(failure);
    world.log.warn('what the CA accepted is not stored for its account', { message });
  }
}
