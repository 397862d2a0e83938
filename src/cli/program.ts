// The command line: which commands there are, what they take, and where their code lies. Each action is loaded when it is called for.
import type { Option } from 'commander';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import type { ExitStatus } from '../base/errors.ts';
import type { InterventionRequest, OpenApp } from '../app/commands.ts';
import type { OpenChecker } from '../app/check.ts';
import type { OpenWatcher } from '../app/watch.ts';
import type { CheckFlags } from './check.ts';
import { redactText } from '../observe/redact.ts';
import { report } from './failure.ts';
import type { GlobalOptions, Io } from './io.ts';
import type { IssueOptions } from './issue.ts';
import type { CreateOptions, VerifyOptions } from './tlsa.ts';
import type { EmergencyFlags, RevokeFlags } from './ways-out.ts';

interface RawGlobals {
  readonly config?: string;
  readonly state?: string;
  readonly json?: true;
  readonly verbose?: number;
  readonly quiet?: number;
}

const count = (_: string, before: number): number => before + 1;
const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

function notEmpty(value: string): string {
  if (value === '') throw new InvalidArgumentError('it is empty.');
  return value;
}

/** That a switch is off, or a list empty, goes without saying. */
function described({ description, defaultValue }: Option): string {
  return typeof defaultValue === 'string'
    ? `${description} (default: ${defaultValue})`
    : description;
}

function globals(program: Command): GlobalOptions {
  const { config, state, json, verbose = 0, quiet = 0 } = program.opts<RawGlobals>();
  return {
    ...(config !== undefined && { config }),
    ...(state !== undefined && { state }),
    json: json === true,
    verbosity: verbose - quiet,
  };
}

export interface CliOptions {
  readonly version: string;
  readonly openApp: OpenApp;
  readonly openChecker: OpenChecker;
  readonly openWatcher: OpenWatcher;
}

type Done = (exit: ExitStatus) => void;

function build(options: CliOptions, io: Io, done: Done): Command {
  const { version, openApp, openChecker } = options;
  const program = new Command('holger')
    .description('An ACME client for people who run DANE')
    .version(version, '-V, --version', 'print the version')
    .option(
      '--config <file>',
      'configuration (default: /etc/holger/config.toml, ./config.toml)',
      notEmpty,
    )
    .option('--state <dir>', 'state folder, instead of the configured one', notEmpty)
    .option('--json', 'results as JSON on stdout')
    .option('-v, --verbose', 'say more', count, 0)
    .option('-q, --quiet', 'say less', count, 0)
    .helpOption('-h, --help', 'print this help')
    .configureHelp({ optionDescription: described })
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err, outputError: () => undefined })
    .showSuggestionAfterError();
  const all = (): GlobalOptions => globals(program);

  program
    .command('init')
    .description('write a first config.toml and say what is missing in it')
    .option('--directory <dir>', 'where', '/etc/holger')
    .action(async ({ directory }: { directory: string }) => {
      const { initCommand } = await import('./init.ts');
      done(await initCommand(directory, all(), io));
    });

  program
    .command('run')
    .description('move every certificate as far as it can go now; for timers')
    .argument('[name...]', 'only these certificates')
    .option('--wait', 'stay until everything is done', false)
    .option('--dry-run', 'print the plan and write nothing', false)
    .option('--force', 'renew though not due', false)
    .action(async (names: string[], flags: { wait: boolean; dryRun: boolean; force: boolean }) => {
      const { runCommand } = await import('./run.ts');
      done(await runCommand({ names, ...flags }, openApp, all(), io));
    });

  program
    .command('issue')
    .description('obtain, publish and deploy one certificate named here')
    .argument('<domain...>')
    .option(
      '--service <url>',
      'where it is presented, like smtp://mx1.example.org (repeatable)',
      collect,
      [],
    )
    .option('--provider <name>', 'who writes the zone')
    .option('--directory <dir>', 'where the files go')
    .option(
      '--reload <argv...>',
      'the command that makes the service load them; with options, as a JSON array',
    )
    .action(async (domains: string[], flags: IssueOptions) => {
      const { issueCommand } = await import('./issue.ts');
      done(await issueCommand(domains, flags, openApp, all(), io));
    });

  program
    .command('status')
    .description('where each certificate stands, what it waits for, and why')
    .argument('[name...]', 'only these certificates')
    .action(async (names: string[]) => {
      const { statusCommand } = await import('./status.ts');
      done(await statusCommand(names, openApp, all(), io));
    });

  addCheck(program, options, io, done, all);
  addWaysOut(program, openApp, io, done, all);
  addTlsa(program, openChecker, io, done, all);
  addProviders(program, openApp, io, done, all);
  program
    .command('config')
    .description('about the configuration')
    .command('check')
    .description('say everything that is wrong with it')
    .action(async () => {
      const { configCheck } = await import('./config-check.ts');
      done(await configCheck(all(), io));
    });
  return program;
}

function addProviders(
  program: Command,
  openApp: OpenApp,
  io: Io,
  done: Done,
  all: () => GlobalOptions,
): void {
  const providers = program
    .command('providers')
    .description('which DNS providers there are, and what each can do')
    .argument('[type]', 'one of them, with its options')
    .action(async (type: string | undefined) => {
      const { providersCommand } = await import('./providers.ts');
      done(providersCommand(type, all(), io));
    });
  providers
    .command('test')
    .description('try the credentials of a configured provider, on names that nobody uses')
    .argument('<name>', 'the NAME of [provider.NAME]')
    .option('--zone <zone>', 'where; by default, where the configuration uses it', notEmpty)
    .action(async (name: string, { zone }: { readonly zone?: string }) => {
      const { providersTest } = await import('./providers.ts');
      done(await providersTest(name, zone, openApp, all(), io));
    });
}

const CHECK_HELP = `
Exit status:
  0  nothing worse than a warning
  1  CRITICAL: clients are refused, or mail waits; with --strict a WARNING, too
  2  wrong usage or configuration
  3  UNKNOWN: something could not be found out, and nothing is worse
  With --nagios: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.

Examples:
  holger check mx1.example.org:25          one service
  holger check --mx example.org            where the mail of a domain goes
  holger check --xmpp example.org          the XMPP servers of a domain
  holger check --configured --at +14d      our own, as in two weeks
  holger check --mx --file domains.txt -q  many; tells only what is wrong
  holger check --watch                     again and again; tells what changes

Without -q a report shows what was looked up; -v shows kinds of certificate
that a service does not have. No configuration is needed. The answers of the
resolver are believed: ask one that validates, on a path that you trust.
`;

function addCheck(
  program: Command,
  { openChecker, openWatcher }: CliOptions,
  io: Io,
  done: Done,
  all: () => GlobalOptions,
): void {
  program
    .command('check')
    .summary('check the DANE of any service, mail or XMPP domain')
    .description(
      'check the DANE of any service, mail or XMPP domain: every address, with both\n' +
        'kinds of certificate (RSA and ECDSA), as a strict client sees it',
    )
    .argument('[target...]', 'mx1.example.org:25, https://www.example.org')
    .option('--mx', 'targets are mail domains: all their MX hosts', false)
    .option('--xmpp', 'targets are XMPP domains: all that their SRV records name', false)
    .option('--configured', 'all services and names of the configuration', false)
    .option('--file <file>', 'more targets, one in a line; - is stdin')
    .option('--repeat <n>', 'look at each address so many times', '1')
    .option('--at <time>', 'judge certificates for then: +14d, or 2026-11-21T14:05:00Z')
    .option('--silence <rule>', 'do not report this rule (repeatable)', collect, [])
    .option(
      '--resolver <address>',
      'a validating resolver, instead of the configured one',
      collect,
      [],
    )
    .option('--no-servers', 'do not look at each name server of the zones')
    .option('--strict', 'exit 1 for warnings, too', false)
    .option('--watch', 'look again and again, and tell what changes; see [monitor]', false)
    .option('--every <duration>', 'with --watch: how often, like 15m')
    .option('--nagios', 'one line with performance data, exit 0, 1, 2 or 3', false)
    .option('--prometheus <file>', 'also write this file for the textfile collector')
    .option('--rules', 'print what can be found, and end', false)
    .addHelpText('after', CHECK_HELP)
    .action(async (targets: string[], flags: CheckFlags) => {
      const { checkCommand } = await import('./check.ts');
      done(await checkCommand(targets, flags, openChecker, openWatcher, all(), io));
    });
}

function addWaysOut(
  program: Command,
  openApp: OpenApp,
  io: Io,
  done: Done,
  all: () => GlobalOptions,
): void {
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
    const { interveneCommand } = await import('./ways-out.ts');
    done(await interveneCommand({ certificate, what, wait, dryRun }, openApp, all(), io));
  };

  wayOut('rollback', 'bring back the key and certificate before the present ones').action(
    (name: string, flags: Flags) => intervene(name, { kind: 'rollback' }, flags),
  );
  wayOut('emergency', 'replace a compromised key; without a choice, explain both')
    .option('--keep-records', 'leave the old record in DNS until the new key is deployed')
    .option('--withdraw-records', 'withdraw all TLSA records first')
    .action(async (name: string, flags: EmergencyFlags) => {
      const { emergencyCommand } = await import('./ways-out.ts');
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
  wayOut('forget', 'a silent name server or endpoint counts for nothing until it answers')
    .argument('<address>', 'as holger status shows it')
    .action((name: string, address: string, flags: Flags) =>
      intervene(name, { kind: 'forget', address }, flags),
    );
  command('revoke', 'revoke a certificate that is in use no more')
    .option('--generation <n>', 'which (default: the newest one that was replaced)')
    .option('--reason <reason>', 'as RFC 5280 names it, like keyCompromise', 'superseded')
    .action(async (name: string, flags: RevokeFlags) => {
      const { revokeCommand } = await import('./ways-out.ts');
      done(await revokeCommand(name, flags, openApp, all(), io));
    });
}

function addTlsa(
  program: Command,
  open: OpenChecker,
  io: Io,
  done: Done,
  all: () => GlobalOptions,
): void {
  const tlsa = program.command('tlsa').description('TLSA records by hand');
  tlsa
    .command('create')
    .description('print the TLSA records of a certificate or chain')
    .option('--cert <file>', 'of a PEM file: the leaf, or the chain with the leaf first')
    .option('--service <url>', 'of what a live service presents, like smtp://mx1.example.org')
    .option('--all', 'with --service: of all chains, if addresses differ', false)
    .option('--certificate <name>', 'of a configured certificate: its live generation')
    .option('--staged', 'with --certificate: of the generation that is on its way', false)
    .option('--usage <u>', '0 to 3, or PKIX-TA, PKIX-EE, DANE-TA, DANE-EE', '3')
    .option('--selector <s>', '0 to 1, or Cert, SPKI', '1')
    .option('--matching-type <m>', '0 to 2, or Full, SHA2-256, SHA2-512', '1')
    .option('--owner <name>', 'like _25._tcp.mx1.example.org')
    .option('--ttl <ttl>', 'seconds, or a duration like 1h', '3600')
    .option('--format <format>', 'zone, generic, nsupdate or json')
    .action(async (flags: CreateOptions) => {
      const { tlsaCreate } = await import('./tlsa.ts');
      done(await tlsaCreate(flags, open, all(), io));
    });
  tlsa
    .command('verify')
    .description('say whether a DANE client would accept a chain; 1 when not')
    .requiredOption('--chain <file>', 'PEM, as the server sends it: the leaf first')
    .requiredOption('--host <name>', 'the name the client asks for')
    .option('--protocol <protocol>', 'smtp, https, …: what counts differs for mail', 'tls')
    .requiredOption(
      '--record <record>',
      '"U S M HEX", or a zone file line (repeatable)',
      collect,
      [],
    )
    .option('--ca <file>', 'PEM trust store, for usages 0 and 1')
    .option('--at <time>', 'judge as of this time, like 2026-11-21T14:05:00Z (default: now)')
    .action(async (flags: VerifyOptions) => {
      const { tlsaVerify } = await import('./tlsa.ts');
      if (flags.record.length === 0)
        throw new CommanderError(
          1,
          'holger.norecord',
          'error: required option --record is missing',
        );
      done(await tlsaVerify(flags, all(), io));
    });
}

/** Parses, runs, tells what went wrong, and gives the exit status. Never throws. */
export async function runCli(
  argv: readonly string[],
  options: CliOptions,
  io: Io,
): Promise<ExitStatus> {
  let exit: ExitStatus = 0;
  const program = build(options, io, (status) => (exit = status));
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exit;
  } catch (error) {
    // A monitoring system takes 1 and 2 for what the check has found.
    if (argv.includes('--nagios') && !(error instanceof CommanderError && error.exitCode === 0)) {
      const { nagiosUnknown } = await import('./check-nagios.ts');
      const text = error instanceof Error ? error.message.replace(/^error: /, '') : String(error);
      io.out(nagiosUnknown(redactText(text)));
      return 3;
    }
    if (!(error instanceof CommanderError)) return report(error, io, argv.includes('--json'));
    // Help and version were asked for and printed; help that nobody asked for is a usage error.
    if (error.exitCode === 0) return 0;
    if (error.code === 'commander.help') return 2;
    const { AppError } = await import('../base/errors.ts');
    const [message = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
    const hint = rest.join(' ').replace(/^\((.*)\?\)$/, '$1') || 'see holger --help';
    return report(new AppError('USAGE', message, { hint }), io, argv.includes('--json'));
  }
}
