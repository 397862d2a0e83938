// holger account: the account at the CA.
import type { Syntax } from '../syntax.ts';

export function addAccount({ program, openApp, done, invocation }: Syntax): void {
  const account = program
    .command('account')
    .description('the account at the CA: its URL for CAA accounturi, its contact and its key');
  account
    .command('show', { isDefault: true })
    .description('what is here, and what the CA says of it; makes no account')
    .action(async () => {
      const { accountCommand } = await import('./account.ts');
      done(await accountCommand((app) => app.account(false), openApp, invocation()));
    });
  account
    .command('update')
    .description('tell the CA the configured email; makes the account when there is none')
    .action(async () => {
      const { accountCommand } = await import('./account.ts');
      done(await accountCommand((app) => app.account(true), openApp, invocation()));
    });
  account
    .command('key-change')
    .description('give the account a new key; its URL stays')
    .action(async () => {
      const { accountCommand } = await import('./account.ts');
      done(await accountCommand((app) => app.changeAccountKey(), openApp, invocation()));
    });
  account
    .command('deactivate')
    .description('end the account at the CA, for good; its key goes to the archive')
    .option('--yes', 'it cannot be undone, and is meant', false)
    .option('--force', 'though certificates are renewed with it', false)
    .action(async (flags: { readonly yes: boolean; readonly force: boolean }) => {
      const { accountCommand } = await import('./account.ts');
      done(await accountCommand((app) => app.deactivateAccount(flags), openApp, invocation()));
    });
}
