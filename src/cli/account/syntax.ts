// holger account and holger caa: the account at the CA, and the CAA records that name it.
import type { Deactivation } from '../../app/use-cases/account-change.ts';
import type { App } from '../../app/use-cases/commands.ts';
import type { CaaFlags } from './caa.ts';
import { readNamed } from '../named-file.ts';
import { collect } from '../syntax.ts';
import type { Syntax } from '../syntax.ts';

/** Of every account command. */
const ISSUER = ['--issuer <name>', 'that of [issuer.<name>] instead of [acme]'] as const;

interface Flags {
  readonly issuer?: string;
}

export function addAccount({ program, openApp, done, invocation }: Syntax): void {
  const account = program
    .command('account')
    .description('the account at the CA: its URL for CAA accounturi, its contact and its key');
  account
    .command('show', { isDefault: true })
    .description(
      'show the account in the state folder and what the CA says of it; creates no account',
    )
    .option(...ISSUER)
    .action(async ({ issuer }: Flags) => {
      const { accountCommand } = await import('./account.ts');
      done(await accountCommand((app) => app.account(false, issuer), openApp, invocation()));
    });
  account
    .command('update')
    .description('send the configured email to the CA; creates the account if there is none')
    .option(...ISSUER)
    .action(async ({ issuer }: Flags) => {
      const { accountCommand } = await import('./account.ts');
      done(await accountCommand((app) => app.account(true, issuer), openApp, invocation()));
    });
  account
    .command('import')
    .description('take over the account of another client by its key; creates no account')
    .argument('<file>', 'PEM (acme.sh: account.key; lego: .key) or JWK (certbot: private_key.json)')
    .option(...ISSUER)
    .action(async (file: string, { issuer }: Flags) => {
      const { accountCommand } = await import('./account.ts');
      const key = await readNamed(file);
      done(await accountCommand((app) => app.importAccount(key, issuer), openApp, invocation()));
    });
  account
    .command('key-change')
    .description('give the account a new key; its URL stays')
    .option(...ISSUER)
    .action(async ({ issuer }: Flags) => {
      const { accountCommand } = await import('./account.ts');
      done(await accountCommand((app) => app.changeAccountKey(issuer), openApp, invocation()));
    });
  account
    .command('deactivate')
    .description('deactivate the account at the CA, permanently; its key is archived')
    .option('--yes', 'confirm that this cannot be undone', false)
    .option('--force', 'although certificates are renewed with it', false)
    .option(...ISSUER)
    .action(async ({ issuer, ...flags }: Flags & Deactivation) => {
      const { accountCommand } = await import('./account.ts');
      const act = (app: App) => app.deactivateAccount(flags, issuer);
      done(await accountCommand(act, openApp, invocation()));
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
