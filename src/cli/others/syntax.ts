// holger hook: for those who have another client.
import type { Syntax } from '../syntax.ts';

export function addOthers({ program, openOthers, done, invocation }: Syntax): void {
  program
    .command('hook')
    .description(
      'for the deploy hook of another client: the next run looks at what it has renewed; never fails',
    )
    .argument('<client>', 'certbot, acme.sh, dehydrated or lego')
    .argument('[arguments...]', 'those that the client gives its hook')
    .option('--deploy', 'after a renewal; the default')
    .action(async (client: string, told: readonly string[]) => {
      const { hookCommand } = await import('./hook.ts');
      done(await hookCommand(client, told, openOthers, invocation()));
    });
}
