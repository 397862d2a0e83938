// Commands that act on certificates, or report about them: init, run, issue, status, config.
import { Option } from 'commander';
import { defined } from '../../base/defined.ts';
import type { IssueOptions } from './issue.ts';
import { collect } from '../syntax.ts';
import type { Syntax } from '../syntax.ts';

interface RunFlags {
  readonly wait: boolean;
  readonly dryRun: boolean;
  readonly force: boolean;
  readonly staging?: true;
}

export function addCertificates(syntax: Syntax): void {
  addInit(syntax);
  addRun(syntax);
  addServe(syntax);
  addIssue(syntax);
  addStatus(syntax);
  addHistory(syntax);
  addList(syntax);
  addExplain(syntax);
}

function addInit({ program, done, invocation }: Syntax): void {
  program
    .command('init')
    .description('write a first config.toml and say what is missing in it')
    .option('--directory <dir>', 'write config.toml there, instead of the file of --config')
    .action(async ({ directory }: { directory?: string }) => {
      const { initCommand } = await import('./init.ts');
      done(await initCommand(directory, invocation()));
    });
}

function addRun({ program, openApp, findIdle, done, invocation }: Syntax): void {
  program
    .command('run')
    .description('take every certificate as far as possible now; for timers')
    .argument('[name...]', 'only these certificates')
    .option('--wait', 'stay until everything is done', false)
    .option('--dry-run', 'print the plan and write nothing', false)
    .option('--force', 'renew although it is not due', false)
    .addOption(
      new Option(
        '--staging',
        'only try the issuance at the test environment of the CA; keep nothing',
      ).conflicts(['dryRun', 'force']),
    )
    .action(async (names: string[], { staging, ...flags }: RunFlags) => {
      const { runCommand, tryOutCommand } = await import('./run.ts');
      done(
        staging === true
          ? await tryOutCommand({ names, wait: flags.wait }, openApp, invocation())
          : await runCommand(
              { names, ...flags },
              { openApp, ...defined({ findIdle }) },
              invocation(),
            ),
      );
    });
}

function addServe({ program, openServer, done, invocation }: Syntax): void {
  program
    .command('serve')
    .description('stay, and do what run does whenever something is due')
    .action(async () => {
      const { serveCommand } = await import('./serve.ts');
      done(await serveCommand(openServer, invocation()));
    });
}

function addIssue({ program, openApp, done, invocation }: Syntax): void {
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
    .option('--provider <name>', 'the provider that writes the zone')
    .option('--directory <dir>', 'where the files go')
    .option(
      '--reload <argv...>',
      'the command that makes the service load the files; with options, as a JSON array',
    )
    // A first enrolment waits for a day (assumed_ttl) and for the time of rollback.
    .option('--timeout <duration>', 'how long to stay; the next run continues', '2d')
    .action(async (domains: string[], flags: IssueOptions) => {
      const { issueCommand } = await import('./issue.ts');
      done(await issueCommand(domains, flags, openApp, invocation()));
    });
}

function addStatus({ program, openApp, done, invocation }: Syntax): void {
  program
    .command('status')
    .description('the state of each certificate, what it waits for, and why')
    .argument('[name...]', 'only these certificates')
    .action(async (names: string[]) => {
      const { statusCommand } = await import('./status.ts');
      done(await statusCommand(names, openApp, invocation()));
    });
}

function addHistory({ program, openApp, done, invocation }: Syntax): void {
  program
    .command('history')
    .description('what happened to a certificate, oldest first')
    .argument('<name>', 'the certificate, also one that was deleted')
    .action(async (name: string) => {
      const { historyCommand } = await import('./history.ts');
      done(await historyCommand(name, openApp, invocation()));
    });
}

function addList({ program, openApp, done, invocation }: Syntax): void {
  program
    .command('certificates')
    .description('a list: names, CA, end, key type, TLSA records, targets')
    .argument('[name...]', 'only these certificates')
    .option('--why', 'print when each is due, and how that is calculated', false)
    .action(async (names: string[], { why }: { why: boolean }) => {
      const { certificatesCommand } = await import('./certificates.ts');
      done(await certificatesCommand({ names, why }, openApp, invocation()));
    });
}

function addExplain({ program, done, invocation }: Syntax): void {
  program
    .command('explain')
    .description('what a reason or a finding means, and what to do')
    .argument('[name]', 'a name that run, status or check printed; without it: all names')
    .action(async (name: string | undefined) => {
      const { explainCommand } = await import('./explain.ts');
      done(explainCommand(name, invocation()));
    });
}

export function addConfig({ program, done, invocation }: Syntax): void {
  program
    .command('config')
    .description('about the configuration')
    .command('check')
    .description('report everything that is wrong with it')
    .action(async () => {
      const { configCheck } = await import('./config-check.ts');
      done(await configCheck(invocation()));
    });
}
