// Certificates that the configuration does not name any more: delete, and rename.
import type { DeletionRequest, RenameRequest } from '../../app/use-cases/commands.ts';
import type { Syntax } from '../syntax.ts';

export function addLeaving({ program, openApp, done, invocation }: Syntax): void {
  program
    .command('delete')
    .description('withdraw the records of a certificate that is not configured, and forget it')
    .argument('<name>', 'the certificate, or a TLSA owner that no certificate names any more')
    .option('--dry-run', 'print what would be next and write nothing', false)
    .option('--wait', 'stay until everything is done', false)
    .option(
      '--keep-records',
      'leave its records in DNS: the zone does not exist any more, or is not yours',
      false,
    )
    .option('--move-files', 'archive keys although a service may read them in place', false)
    .action(async (name: string, flags: Omit<DeletionRequest, 'name'>) => {
      const { deleteCommand } = await import('./leaving.ts');
      done(await deleteCommand({ name, ...flags }, openApp, invocation()));
    });
  program
    .command('rename')
    .description('continue with keys, records and history of a certificate under another name')
    .argument('<old>', 'the old name: not in the configuration any more')
    .argument(
      '<new>',
      'the new name in the configuration; any name, for a certificate of holger issue',
    )
    .option('--dry-run', 'print what would be next and write nothing', false)
    .option('--wait', 'then continue like holger run --wait for this certificate', false)
    .action(async (from: string, to: string, flags: Pick<RenameRequest, 'wait' | 'dryRun'>) => {
      const { renameCommand } = await import('./leaving.ts');
      done(await renameCommand({ from, to, ...flags }, openApp, invocation()));
    });
}
