// holger account: the account at the CA.
import type { Syntax } from './syntax.ts';

export function addAccount({ program, openApp, io, done, all }: Syntax): void {
  const account = program
    .command('account')
    .description('the account at the CA: its URL for CAA accounturi, its contact and its key');
  account
    .command('show', { isDefault: true })
    .description('what is here, and what the CA says of it; makes no account')
    .action(async () => {
      const { accountCommand } = await import('../account.ts');
      done(await accountCommand(false, openApp, all(), io));
    });
  account
    .command('update')
    .description('tell the CA the configured email; makes the account when there is none')
    .action(async () => {
      const { accountCommand } = await import('../account.ts');
      done(await accountCommand(true, openApp, all(), io));
    });
}
