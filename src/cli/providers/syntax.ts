// holger providers and holger notify: the list, and a test of what is configured.
import { notEmpty } from '../syntax.ts';
import type { Syntax } from '../syntax.ts';

export function addProviders({ program, openApp, done, invocation }: Syntax): void {
  const providers = program
    .command('providers')
    .description('list the DNS providers and what each can do')
    .argument('[type]', 'one of them, with its options')
    .action(async (type: string | undefined) => {
      const { providersCommand } = await import('./providers.ts');
      done(providersCommand(type, invocation()));
    });
  providers
    .command('test')
    .description('test the credentials of a configured provider, at names that nothing uses')
    .argument('<name>', 'the NAME of [provider.NAME]')
    .option(
      '--zone <zone>',
      'the zone; by default, the zones for which the configuration uses it',
      notEmpty,
    )
    .action(async (name: string, { zone }: { readonly zone?: string }) => {
      const { providersTest } = await import('./providers.ts');
      done(await providersTest(name, zone, openApp, invocation()));
    });
  providers
    .command('pending')
    .description('what a person must change in zones, as zone file lines and for nsupdate')
    .action(async () => {
      const { providersPending } = await import('./providers.ts');
      done(await providersPending(openApp, invocation()));
    });
}

export function addNotify({ program, openNotifiers, done, invocation }: Syntax): void {
  program
    .command('notify')
    .description('about the notifiers of [monitor]')
    .command('test')
    .description('send a test message to each, and report the results')
    .action(async () => {
      const { notifyTest } = await import('./notify.ts');
      done(await notifyTest({ openNotifiers }, invocation()));
    });
}
