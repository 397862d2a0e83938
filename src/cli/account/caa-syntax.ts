// holger caa: which accounts may issue, according to CAA records.
import type { CaaFlags } from './caa.ts';
import { collect } from '../syntax.ts';
import type { Syntax } from '../syntax.ts';

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
