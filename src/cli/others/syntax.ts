// holger hook and holger import: for those who have another client.
import type { ImportFlags } from './import.ts';
import type { Syntax } from '../syntax.ts';

export function addOthers({ program, openApp, openOthers, done, invocation }: Syntax): void {
  program
    .command('hook')
    .description('look at what another client renewed')
    .argument('<client>', 'certbot, acme.sh, dehydrated or lego')
    .argument('[args...]', 'those that the client gives its hook')
    .option('--deploy', 'after a renewal; the default')
    .action(async (client: string, told: readonly string[]) => {
      const { hookCommand } = await import('./hook.ts');
      done(await hookCommand(client, told, openOthers, invocation()));
    });
  program
    // Not a quoted word: the import of a module is found by its text.
    .command(`import`)
    .description('take over the folder of another client')
    .argument('<client>', 'certbot, acme.sh, dehydrated, lego or alnitak')
    .argument('<dir>', 'the folder of its accounts and certificates; it is not changed')
    .option('--dry-run', 'print the configuration, and write nothing')
    .option('--adopt', 'take the certificates in use over at once, so that none is ordered')
    .option('--keep-client', 'the other client goes on renewing, and holger takes its files')
    .action(async (client: string, folder: string, flags: ImportFlags) => {
      const { importCommand } = await import('./import.ts');
      done(
        await importCommand({ client, folder, ...flags }, { openApp, openOthers }, invocation()),
      );
    });
}
