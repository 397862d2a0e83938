// holger providers: which there are, and a try of their credentials.
import { notEmpty } from '../syntax.ts';
import type { Syntax } from '../syntax.ts';

export function addProviders({ program, openApp, done, invocation }: Syntax): void {
  const providers = program
    .command('providers')
    .description('which DNS providers there are, and what each can do')
    .argument('[type]', 'one of them, with its options')
    .action(async (type: string | undefined) => {
      const { providersCommand } = await import('./providers.ts');
      done(providersCommand(type, invocation()));
    });
  providers
    .command('test')
    .description('try the credentials of a configured provider, on names that nobody uses')
    .argument('<name>', 'the NAME of [provider.NAME]')
    .option('--zone <zone>', 'where; by default, where the configuration uses it', notEmpty)
    .action(async (name: string, { zone }: { readonly zone?: string }) => {
      const { providersTest } = await import('./providers.ts');
      done(await providersTest(name, zone, openApp, invocation()));
    });
  providers
    .command('pending')
    .description('what a person has to change in zones, as zone file lines and for nsupdate')
    .action(async () => {
      const { providersPending } = await import('./providers.ts');
      done(await providersPending(openApp, invocation()));
    });
}
