// holger check.
import type { CheckFlags } from './check.ts';
import { collect } from '../syntax.ts';
import type { Syntax } from '../syntax.ts';

const CHECK_HELP = `
Exit status:
  0  everything was checked, and nothing is worse than a warning
  1  CRITICAL: clients are refused, or mail waits; with --strict a WARNING, too
  2  wrong usage or configuration
  3  UNKNOWN: something could not be found out, and nothing is CRITICAL
  With --nagios: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.

Examples:
  holger check mx1.example.org:25          one service
  holger check --mx example.org            where the mail of a domain goes
  holger check --xmpp example.org          the XMPP servers of a domain
  holger check --configured --at +14d      our own, as in two weeks
  holger check --mx --file domains.txt -q  many; prints only what is wrong
  holger check --watch                     at intervals; reports what changes

Without -q a report shows what was looked up; -v also shows kinds of certificate
that a service does not have. No configuration is needed; without one the
resolvers of /etc/resolv.conf are asked. A resolver must show that it validates.
If it does not, nothing is known and the exit status is 3: name a validating
resolver with --resolver, best on this machine.
`;

export function addCheck({ program, done, invocation, ...open }: Syntax): void {
  program
    .command('check')
    .summary('check the DANE of any service, mail or XMPP domain')
    .description(
      'check the DANE of any service, mail or XMPP domain: every address, with both\nkinds ' +
        'of certificate (RSA and ECDSA), like a strict DANE client',
    )
    .argument('[target...]', 'mx1.example.org:25, https://www.example.org')
    .option('--mx', 'targets are mail domains: check all their MX hosts', false)
    .option('--xmpp', 'targets are XMPP domains: check all hosts of their SRV records', false)
    .option('--configured', 'all services and names of the configuration', false)
    .option('--file <file>', 'more targets, one per line; - is stdin')
    .option('--repeat <n>', 'number of handshakes with each address', '1')
    .option('--at <time>', 'check certificates as of that time: +14d, or 2026-11-21T14:05:00Z')
    .option('--silence <rule>', 'do not report this rule (repeatable)', collect, [])
    .option(
      '--resolver <address>',
      'a validating resolver, instead of the configured one or that of\n/etc/resolv.conf (repeatable)',
      collect,
      [],
    )
    .option(
      '--timeout <duration>',
      'stop checking a target after this time (default: 2m per handshake)',
    )
    .option('--no-servers', 'do not ask each name server of the zones')
    .option('--strict', 'exit 1 for warnings, too', false)
    .option('--watch', 'check at intervals, and report what changes; see [monitor]', false)
    .option('--every <duration>', 'with --watch: the interval, like 15m')
    .option('--nagios', 'one line with performance data, exit 0, 1, 2 or 3', false)
    .option('--prometheus <file>', 'also write this file for the textfile collector')
    .option('--rules', 'print what can be found, and exit', false)
    .addHelpText('after', CHECK_HELP)
    .action(async (targets: string[], flags: CheckFlags) => {
      const { checkCommand } = await import('./check.ts');
      done(await checkCommand(targets, flags, open, invocation()));
    });
}
