// Certificates that leave the configuration: delete.
import type { DeletionRequest } from '../../app/commands.ts';
import type { Syntax } from './syntax.ts';

export function addLeaving({ program, openApp, io, done, all }: Syntax): void {
  program
    .command('delete')
    .description('withdraw the records of a certificate that is not configured, and forget it')
    .argument('<name>', 'the certificate, or a TLSA owner that no certificate names any more')
    .option('--dry-run', 'print what would be next and write nothing', false)
    .option('--wait', 'stay until everything is done', false)
    .option('--keep-records', 'leave its records in DNS: the zone is gone, or not yours', false)
    .option('--move-files', 'put keys aside though a service may read them in place', false)
    .action(async (name: string, flags: Omit<DeletionRequest, 'name'>) => {
      const { deleteCommand } = await import('../delete.ts');
      done(await deleteCommand({ name, ...flags }, openApp, all(), io));
    });
}
