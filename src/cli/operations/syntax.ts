// The operations: rollback, emergency, off, adopt, forget and revoke.
import type { Command } from 'commander';
import { CommanderError } from 'commander';
import { defined } from '../../base/defined.ts';
import type { OperationRequest } from '../../app/use-cases/commands.ts';
import type { EmergencyFlags, RevokeFlags } from './operations.ts';
import type { Syntax } from '../syntax.ts';

interface Flags {
  readonly wait: boolean;
  readonly dryRun: boolean;
}

interface AdoptFlags extends Flags {
  readonly certificate?: string;
  readonly key?: string;
}

export function addWaysOut(syntax: Syntax): void {
  addRollback(syntax);
  addEmergency(syntax);
  addOff(syntax);
  addAdopt(syntax);
  addDeploy(syntax);
  addForget(syntax);
  addRevoke(syntax);
}

const command = ({ program }: Syntax, name: string, description: string): Command =>
  program
    .command(name)
    .description(description)
    .argument('<name>', 'the certificate')
    .option('--dry-run', 'print what would be next and write nothing', false);

const wayOut = (syntax: Syntax, name: string, description: string): Command =>
  command(syntax, name, description).option('--wait', 'stay until everything is done', false);

async function operate(
  certificate: string,
  what: OperationRequest['what'],
  { wait, dryRun }: Flags,
  { openApp, done, invocation }: Syntax,
): Promise<void> {
  const { operationCommand } = await import('./operations.ts');
  done(await operationCommand({ certificate, what, wait, dryRun }, openApp, invocation()));
}

function addRollback(syntax: Syntax): void {
  wayOut(syntax, 'rollback', 'go back to the previous key and certificate').action(
    (name: string, flags: Flags) => operate(name, { kind: 'rollback' }, flags, syntax),
  );
}

function addEmergency(syntax: Syntax): void {
  const { openApp, done, invocation } = syntax;
  wayOut(syntax, 'emergency', 'replace a compromised key; without a choice, explain both')
    .option('--keep-records', 'leave the old record in DNS until the new key is deployed')
    .option('--withdraw-records', 'withdraw all TLSA records first')
    .action(async (name: string, flags: EmergencyFlags) => {
      const { emergencyCommand } = await import('./operations.ts');
      done(await emergencyCommand(name, flags, openApp, invocation()));
    });
}

function addOff(syntax: Syntax): void {
  wayOut(syntax, 'off', 'withdraw the TLSA records, and publish none until --undo')
    .option('--undo', 'publish them again', false)
    .action((name: string, { undo, ...flags }: Flags & { readonly undo: boolean }) =>
      operate(name, { kind: undo ? 'on' : 'off' }, flags, syntax),
    );
}

function addAdopt(syntax: Syntax): void {
  wayOut(syntax, 'adopt', 'take over a running key, certificate and TLSA records as they are')
    .option('--certificate <file>', 'PEM chain (default: where deploy puts it)')
    .option('--key <file>', 'its private key')
    .action((name: string, { certificate, key, ...flags }: AdoptFlags) => {
      if ((certificate === undefined) !== (key === undefined))
        throw new CommanderError(1, 'holger.half', 'error: --certificate and --key go together');
      const files =
        certificate === undefined || key === undefined ? {} : { files: { certificate, key } };
      return operate(name, { kind: 'adopt', ...files }, flags, syntax);
    });
}

interface DeployFlags extends Flags {
  readonly target?: string;
  readonly takeOver?: true;
}

function addDeploy(syntax: Syntax): void {
  wayOut(syntax, 'deploy', 'place the live key and certificate again at their targets, and reload')
    .option(
      '--target <target>',
      'only this target: its path, or its name as holger status shows it',
    )
    .option('--take-over', 'also where another holger has deployed since; stop that one first')
    .action((name: string, { target, takeOver, ...flags }: DeployFlags) =>
      operate(name, { kind: 'deploy', ...defined({ target, takeOver }) }, flags, syntax),
    );
}

export function addTarget({ program, openApp, done, invocation }: Syntax): void {
  program
    .command('target')
    .description('about the machines of [target.NAME]')
    .command('test')
    .description('ask each machine what is there, and report what is missing; nothing is changed')
    .argument('[name...]', 'the NAME of [target.NAME] (default: all)')
    .action(async (names: readonly string[]) => {
      const { targetTest } = await import('./targets.ts');
      done(await targetTest(names, openApp, invocation()));
    });
}

function addForget(syntax: Syntax): void {
  wayOut(syntax, 'forget', 'ignore a silent name server or endpoint until it answers')
    .argument('<address>', 'as holger status shows it')
    .action((name: string, address: string, flags: Flags) =>
      operate(name, { kind: 'forget', address }, flags, syntax),
    );
}

function addRevoke(syntax: Syntax): void {
  const { openApp, done, invocation } = syntax;
  command(syntax, 'revoke', 'revoke a certificate that is no longer in use')
    .option('--generation <n>', 'the generation (default: the newest one that was replaced)')
    .option('--reason <reason>', 'a reason of RFC 5280, like keyCompromise', 'superseded')
    .action(async (name: string, flags: RevokeFlags) => {
      const { revokeCommand } = await import('./operations.ts');
      done(await revokeCommand(name, flags, openApp, invocation()));
    });
}
