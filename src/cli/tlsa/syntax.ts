// holger tlsa: records made by hand.
import { CommanderError } from 'commander';
import type { CreateOptions, VerifyOptions } from './tlsa.ts';
import { collect } from '../syntax.ts';
import type { Syntax } from '../syntax.ts';

export function addTlsa(syntax: Syntax): void {
  const tlsa = syntax.program.command('tlsa').description('TLSA records by hand');
  addCreate({ ...syntax, program: tlsa });
  addVerify({ ...syntax, program: tlsa });
}

function addCreate({ program, openChecker, done, invocation }: Syntax): void {
  program
    .command('create')
    .description('print the TLSA records of a certificate or chain')
    .option(
      '--cert <file>',
      'of a file, PEM or DER, or - for stdin: the certificate, or the chain in any order',
    )
    .option('--ca-as-leaf', 'with --cert: the server presents a CA certificate as its own', false)
    .option(
      '--service <url>',
      'of the chain that a live service presents, like smtp://mx1.example.org',
    )
    .option('--all', 'with --service: of all chains, if addresses differ', false)
    .option('--certificate <name>', 'of a configured certificate: its live generation')
    .option('--staged', 'with --certificate: of the staged generation', false)
    .option('--usage <u>', '0 to 3, or PKIX-TA, PKIX-EE, DANE-TA, DANE-EE', '3')
    .option('--selector <s>', '0 to 1, or Cert, SPKI', '1')
    .option('--matching-type <m>', '0 to 2, or Full, SHA2-256, SHA2-512', '1')
    .option('--resolver <address>', 'with --service: ask this resolver (repeatable)', collect, [])
    .option('--owner <name>', 'like _25._tcp.mx1.example.org')
    .option('--ttl <ttl>', 'seconds, or a duration like 1h', '3600')
    .option('--format <format>', 'zone, generic, nsupdate or json')
    .action(async (flags: CreateOptions) => {
      const { tlsaCreate } = await import('./tlsa.ts');
      done(await tlsaCreate(flags, openChecker, invocation()));
    });
}

function addVerify({ program, done, invocation }: Syntax): void {
  program
    .command('verify')
    .description('report whether a DANE client would accept a chain; exit 1 if not')
    .requiredOption('--chain <file>', 'PEM, as the server sends it: the leaf first')
    .requiredOption('--host <name>', 'the name the client asks for')
    .option('--protocol <protocol>', 'smtp, https, …: the rules for mail differ', 'tls')
    .requiredOption(
      '--record <record>',
      '"U S M HEX", or a zone file line (repeatable)',
      collect,
      [],
    )
    .option('--ca <file>', 'PEM trust store, for usages 0 and 1')
    .option('--at <time>', 'verify as of this time, like 2026-11-21T14:05:00Z (default: now)')
    .action(async (flags: VerifyOptions) => {
      const { tlsaVerify } = await import('./tlsa.ts');
      if (flags.record.length === 0)
        throw new CommanderError(
          1,
          'holger.norecord',
          'error: required option --record is missing',
        );
      done(await tlsaVerify(flags, invocation()));
    });
}
