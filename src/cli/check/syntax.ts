// holger check.
import type { CheckFlags } from './check.ts';
import { collect } from '../syntax.ts';
import type { Syntax } from '../syntax.ts';

const CHECK_HELP = `
Exit status:
  0  all was looked at, and nothing is worse than a warning
  1  CRITICAL: clients are refused, or mail waits; with --strict a WARNING, too
  2  wrong usage or configuration
  3  UNKNOWN: something could not be found out, and nothing is CRITICAL
  With --nagios: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.

Examples:
  holger check mx1.example.org:25          one service
  holger check --mx example.org            where the mail of a domain goes
  holger check --xmpp example.org          the XMPP servers of a domain
  holger check --configured --at +14d      our own, as in two weeks
  holger check --mx --file domains.txt -q  many; tells only what is wrong
  holger check --watch                     again and again; tells what changes

Without -q a report shows what was looked up; -v shows kinds of certificate
that a service does not have. No configuration is needed; without one the
resolvers of /etc/resolv.conf are asked. A resolver has to show that it
validates, else nothing is known and the exit status is 3: name one that does
with --resolver, best one on this machine.
`;

export function addCheck({ program, done, invocation, ...open }: Syntax): void {
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
      'a validating resolver, instead of the configured one or that of\n/etc/resolv.conf (repeatable)',
      collect,
      [],
    )
    .option('--timeout <duration>', 'give up on a target after so long (default: 2m per look)')
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
      done(await checkCommand(targets, flags, open, invocation()));
    });
}
