// The operator's ways out: rollback, emergency, off, adopt, forget and revoke.
import type { Command } from 'commander';
import { CommanderError } from 'commander';
import { defined } from '../../base/defined.ts';
import type { InterventionRequest } from '../../app/use-cases/commands.ts';
import type { EmergencyFlags, RevokeFlags } from './operations.ts';
import type { Syntax } from '../syntax.ts';

export function addWaysOut({ program, openApp, io, done, all }: Syntax): void {
  type Flags = { readonly wait: boolean; readonly dryRun: boolean };
  const command = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .argument('<name>', 'the certificate')
      .option('--dry-run', 'print what would be next and write nothing', false);
  const wayOut = (name: string, description: string): Command =>
    command(name, description).option('--wait', 'stay until everything is done', false);
  const intervene = async (
    certificate: string,
    what: InterventionRequest['what'],
    { wait, dryRun }: Flags,
  ): Promise<void> => {
    const { interveneCommand } = await import('./operations.ts');
    done(await interveneCommand({ certificate, what, wait, dryRun }, openApp, all(), io));
  };

  wayOut('rollback', 'bring back the key and certificate before the present ones').action(
    (name: string, flags: Flags) => intervene(name, { kind: 'rollback' }, flags),
  );
  wayOut('emergency', 'replace a compromised key; without a choice, explain both')
    .option('--keep-records', 'leave the old record in DNS until the new key is deployed')
    .option('--withdraw-records', 'withdraw all TLSA records first')
    .action(async (name: string, flags: EmergencyFlags) => {
      const { emergencyCommand } = await import('./operations.ts');
      done(await emergencyCommand(name, flags, openApp, all(), io));
    });
  wayOut('off', 'withdraw the TLSA records, and publish none until --undo')
    .option('--undo', 'publish them again', false)
    .action((name: string, { undo, ...flags }: Flags & { readonly undo: boolean }) =>
      intervene(name, { kind: undo ? 'on' : 'off' }, flags),
    );
  wayOut('adopt', 'take over a running key, certificate and TLSA records as they are')
    .option('--certificate <file>', 'PEM chain (default: where deploy puts it)')
    .option('--key <file>', 'its private key')
    .action(
      (
        name: string,
        { certificate, key, ...flags }: Flags & { certificate?: string; key?: string },
      ) => {
        if ((certificate === undefined) !== (key === undefined))
          throw new CommanderError(1, 'holger.half', 'error: --certificate and --key go together');
        const files =
          certificate === undefined || key === undefined ? {} : { files: { certificate, key } };
        return intervene(name, { kind: 'adopt', ...files }, flags);
      },
    );
  wayOut('deploy', 'place the live key and certificate again at their targets, and reload')
    .option('--target <target>', 'only this one: its path, or its name as holger status shows it')
    .action((name: string, { target, ...flags }: Flags & { readonly target?: string }) => {
      const what = { kind: 'deploy', ...defined({ target }) } as const;
      return intervene(name, what, flags);
    });
  wayOut('forget', 'a silent name server or endpoint counts for nothing until it answers')
    .argument('<address>', 'as holger status shows it')
    .action((name: string, address: string, flags: Flags) =>
      intervene(name, { kind: 'forget', address }, flags),
    );
  command('revoke', 'revoke a certificate that is in use no more')
    .option('--generation <n>', 'which (default: the newest one that was replaced)')
    .option('--reason <reason>', 'as RFC 5280 names it, like keyCompromise', 'superseded')
    .action(async (name: string, flags: RevokeFlags) => {
      const { revokeCommand } = await import('./operations.ts');
      done(await revokeCommand(name, flags, openApp, all(), io));
    });
}
