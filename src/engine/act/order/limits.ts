// Whether the limits that a CA publishes let an order of its account be placed now, and what it
// takes of them.
import { reasonOf } from '../../../base/errors.ts';
import {
  afterUse,
  bucketsOf,
  failuresOf,
  limitReason,
  publishesLimits,
} from '../../../rollover/plan/order/ca-limits.ts';
import type { Bucket, KnownWait } from '../../../rollover/plan/order/ca-limits.ts';
import type { Job } from '../../job.ts';
import { changeAccount, readAccount } from '../../state/account.ts';
import { countAgainstIssuer } from './attempt.ts';
import { replacedId } from './predecessor.ts';

/** What a new order takes. `replaces`: the CA takes it as a replacement (RFC 9773 §5). */
export function takenBy(
  { task, memory }: Pick<Job, 'task' | 'memory'>,
  replaces: boolean,
): readonly Bucket[] {
  const { domains, directory } = task.intent;
  if (!publishesLimits(directory)) return [];
  const wanted = textOf(domains);
  const isRenewal = memory.lineage.generations.some(
    (one) =>
      one.chain !== undefined && one.directory === directory && textOf(one.domains) === wanted,
  );
  return bucketsOf({ names: domains, replaces, isRenewal });
}

const textOf = (names: readonly string[]): string => [...new Set(names)].sort().join(' ');

/**
 * Why the order of this generation is not placed yet; undefined: it may be. `begins`: it is, and
 * counts as under way until it ends. An operator who insists asks the CA, which may allow this
 * account more than it publishes.
 */
export async function waitForLimit(
  job: Job,
  number: number,
  begins: boolean,
): Promise<KnownWait | undefined> {
  const { task, memory, world } = job;
  const { directory, name, domains, force } = task.intent;
  if (!publishesLimits(directory)) return undefined;
  const replaced = replacedId({ number, directory }, memory.lineage, world.pki);
  const taken = takenBy(job, replaced !== undefined);
  const account = await readAccount(directory, world);
  const insists = task.insists === true || force;
  // Failed validations are counted for every order, also for one that replaces a certificate.
  // Between this answer and the beginning no other certificate takes the same token.
  const ahead = insists
    ? undefined
    : account.ahead(name, [...taken, ...failuresOf(domains)], world.clock.now());
  if (ahead === undefined) {
    if (begins) account.begin(name, taken);
    return undefined;
  }
  // Another issuer may be asked meanwhile.
  await countAgainstIssuer(job);
  return limitReason(ahead, task.intent);
}

/** An order has failed because these names could not be validated. */
export async function recordFailedValidations(
  { task, world }: Job,
  names: readonly string[],
): Promise<void> {
  const { directory } = task.intent;
  if (names.length === 0 || !publishesLimits(directory)) return;
  const failed = failuresOf(names);
  try {
    await changeAccount(directory, world, (known) => {
      const used = afterUse(failed, known?.used ?? {}, directory, world.clock.now());
      return { ...(known ?? { schema: 1 as const }), used };
    });
  } catch (failure) {
    world.log.warn('failed validations not counted', { message: reasonOf(failure) });
  }
}
