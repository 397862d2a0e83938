// holger account and holger caa: the account at the CA, and the CAA records that name it.
import type { CaaFlags } from './caa.ts';
import { collect } from '../syntax.ts';
import type { Syntax } from '../syntax.ts';

export function addAccount({ program, openApp, done, invocation }: Syntax): void {
  const account = program
    .command('account')
    .description('the account at the CA: its URL for CAA accounturi, its contact and its key');
  account
    .command('show', { isDefault: true })
    .description(
      'show the account in the state folder and what the CA says of it; creates no account',
    )
    .action(async () => {
      const { accountCommand } = await import('./account.ts');
      done(await accountCommand((app) => app.account(false), openApp, invocation()));
    });
  account
    .command('update')
    .description('send the configured email to the CA; creates the account if there is none')
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
    .description('deactivate the account at the CA, permanently; its key is archived')
    .option('--yes', 'confirm that this cannot be undone', false)
    .option('--force', 'although certificates are renewed with it', false)
    .action(async (flags: { readonly yes: boolean; readonly force: boolean }) => {
      const { accountCommand } = await import('./account.ts');
      done(await accountCommand((app) => app.deactivateAccount(flags), openApp, invocation()));
    });
}

export function addCaa({ program, openCaa, done, invocation }: Syntax): void {
  program
    .command('caa')
    .description('CAA records that let only this account issue, and what the records in DNS allow')
    .argument('<name>', 'the certificate')
    .option('--resolver <address>', 'ask this resolver (repeatable)', collect, [])
    .action(async (name: string, flags: CaaFlags) => {
      const { caaCommand } = await import('./caa.ts');
      done(await caaCommand(name, flags, openCaa, invocation()));
    });
}
