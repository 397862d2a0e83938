// The document of an account at a CA. All certificates of a process share what was read of it, and
// one at a time writes it; another process that writes it as well is met by its revision.
import { defined } from '../../base/defined.ts';
import { stepBetween } from '../../rollover/record/clock-step.ts';
import { shiftAccount } from '../../rollover/record/account.ts';
import type { AccountMemory } from '../../rollover/record/account.ts';
import { Accounts } from '../accounts.ts';
import type { Account, Known } from '../accounts.ts';
import type { World } from '../world.ts';
import { readOrSetAside, rewrite } from './documents.ts';

/** Each issuer has one account. Its id: Intent.directory. */
export const accountKey = (issuer: string): string => `pause/${issuer}`;

type Where = Pick<World, 'store' | 'log' | 'clock' | 'accounts'>;

/** What this process knows of the account at an issuer, as it is stored now. */
export function readAccount(issuer: string, world: Where): Promise<Account> {
  const account = (world.accounts ?? new Accounts()).at(issuer);
  return account.inTurn(async () => {
    await known(account, issuer, world);
    return account;
  });
}

async function known(account: Account, issuer: string, world: Where): Promise<Known> {
  const now = world.clock.now();
  const before = account.knownAt(now);
  if (before !== undefined) return before;
  const stored = await readOrSetAside<AccountMemory>(accountKey(issuer), world);
  const read = { value: shifted(stored?.value, world), revision: stored?.revision ?? 0 };
  account.keep(read, now);
  return read;
}

/**
 * `change` returns undefined if there is nothing to write. Every change is made to what is stored,
 * whichever process wrote it. `then` follows in the same instant as the change.
 */
export function changeAccount(
  issuer: string,
  world: Where,
  change: (known: AccountMemory | undefined) => AccountMemory | undefined,
  then: (account: Account) => void = () => undefined,
): Promise<void> {
  const account = (world.accounts ?? new Accounts()).at(issuer);
  return account.inTurn(async () => {
    const before = await known(account, issuer, world);
    const after = await rewrite<AccountMemory>(
      accountKey(issuer),
      world,
      (value) => {
        const changed = change(shifted(value, world));
        const savedAt = world.clock.moment?.();
        return changed && { ...changed, ...defined({ savedAt }) };
      },
      before,
    );
    account.keep(after, world.clock.now());
    then(account);
  });
}

function shifted(
  value: AccountMemory | undefined,
  { clock }: Pick<World, 'clock'>,
): AccountMemory | undefined {
  const savedAt = clock.moment?.();
  const step = stepBetween(value?.savedAt, savedAt);
  if (value === undefined || step === 0) return value;
  return { ...shiftAccount(value, step), ...defined({ savedAt }) };
}
