// The command line: parsing, the global options, and how errors end a command. Each action is
// loaded when it is called.
import { Command, CommanderError, Option } from 'commander';
import { defined } from '../base/defined.ts';
import type { ExitStatus } from '../base/errors.ts';
import { redactText } from '../observe/redact.ts';
import { report } from './failure.ts';
import { COLOUR_CHOICES, withEdge } from './terminal/edge.ts';
import type { ColourChoice } from './terminal/edge.ts';
import { LOG_FORMATS } from './terminal/io.ts';
import type { GlobalOptions, Invocation, Io, LogFormat } from './terminal/io.ts';
import { fitTo } from './terminal/render.ts';
import { addAccount, addCaa } from './account/syntax.ts';
import { addCertificates, addConfig } from './certificates/syntax.ts';
import { addCheck } from './check/syntax.ts';
import { addLeaving } from './operations/leaving-syntax.ts';
import { addOthers } from './others/syntax.ts';
import { addNotify, addProviders } from './providers/syntax.ts';
import { notEmpty } from './syntax.ts';
import type { Openers, Syntax } from './syntax.ts';
import { addTlsa } from './tlsa/syntax.ts';
import { addTarget, addWaysOut } from './operations/syntax.ts';

interface RawGlobals {
  readonly config?: string;
  readonly state?: string;
  readonly json?: true;
  readonly verbose?: number;
  readonly quiet?: number;
  readonly color?: ColourChoice;
  readonly logFormat?: LogFormat;
}

const count = (_: string, before: number): number => before + 1;

/** The default of a switch that is off, or of an empty list, is not shown. */
function described({ description, defaultValue }: Option): string {
  return typeof defaultValue === 'string'
    ? `${description} (default: ${defaultValue})`
    : description;
}

function globals(program: Command): GlobalOptions {
  const { config, state, json, verbose = 0, quiet = 0, logFormat } = program.opts<RawGlobals>();
  return {
    ...defined({ config, state, logFormat }),
    json: json === true,
    verbosity: verbose - quiet,
  };
}

export interface CliOptions extends Openers {
  readonly version: string;
}

/** All commands with their options; the manual page and the completions are made from this, too. */
export function build({ version, ...open }: CliOptions, io: Io, done: Syntax['done']): Command {
  const program = new Command('holger')
    .description('An ACME client for people who run DANE')
    .version(version, '-V, --version', 'print the version')
    .option('--config <file>', 'configuration (default: /etc/holger/config.toml)', notEmpty)
    .option('--state <dir>', 'state folder, instead of the configured one', notEmpty)
    .option('--json', 'results as JSON on stdout')
    .option('-v, --verbose', 'print more: decisions; -vv everything', count, 0)
    .option('-q, --quiet', 'print nothing while nothing is wrong; for cron', count, 0)
    .addOption(
      new Option('--color <when>', 'colours on a terminal; auto respects NO_COLOR and TERM=dumb')
        .choices(COLOUR_CHOICES)
        .default('auto'),
    )
    .addOption(
      new Option(
        '--log-format <format>',
        'log on stderr (default: json with --json, else text)',
      ).choices(LOG_FORMATS),
    )
    .helpOption('-h, --help', 'print this help')
    .configureHelp({ optionDescription: described })
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err, outputError: () => undefined })
    .showSuggestionAfterError();

  const invocation = (): Invocation => ({ options: globals(program), io });
  const syntax: Syntax = { ...open, program, done, invocation };
  // In the order in which --help shows them.
  addCertificates(syntax);
  addCheck(syntax);
  addWaysOut(syntax);
  addLeaving(syntax);
  addTlsa(syntax);
  addCaa(syntax);
  addProviders(syntax);
  addTarget(syntax);
  addNotify(syntax);
  addAccount(syntax);
  addOthers(syntax);
  addConfig(syntax);
  return program;
}

/** Parses, runs, reports errors, and returns the exit status. Never throws. */
export async function runCli(
  argv: readonly string[],
  options: CliOptions,
  given: Io,
): Promise<ExitStatus> {
  let exit: ExitStatus = 0;
  fitTo(given.columns);
  const io = withEdge(given, () => program.opts<RawGlobals>().color ?? 'auto');
  const program = build(options, io, (status) => (exit = status));
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exit;
  } catch (error) {
    // A monitoring system reads 1 and 2 as results of the check.
    if (argv.includes('--nagios') && !(error instanceof CommanderError && error.exitCode === 0)) {
      const { nagiosUnknown } = await import('./check/nagios.ts');
      const text = error instanceof Error ? error.message.replace(/^error: /, '') : String(error);
      io.out(nagiosUnknown(redactText(text)));
      return 3;
    }
    if (!(error instanceof CommanderError)) return report(error, io, argv.includes('--json'));
    // Help and version were requested and printed; help that was not requested is a usage error.
    if (error.exitCode === 0) return 0;
    if (error.code === 'commander.help') return 2;
    const { AppError } = await import('../base/errors.ts');
    const [message = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
    const hint = rest.join(' ').replace(/^\((.*)\?\)$/, '$1') || 'see holger --help';
    return report(new AppError('USAGE', message, { hint }), io, argv.includes('--json'));
  }
}
