// `check`: a DANE check of services, mail domains and XMPP domains, as text, JSON, one line for
// Nagios, or a textfile for Prometheus.
import type { Instant, Seconds } from '../../base/clock.ts';
import { parseInstant } from '../../base/clock.ts';
import { parseDuration } from '../../base/duration.ts';
import type { ExitStatus } from '../../base/errors.ts';
import { AppError } from '../../base/errors.ts';
import type { OpenWatcher } from '../../app/use-cases/watch.ts';
import { RULES } from '../../check/rules/catalogue.ts';
import type { RuleName } from '../../check/rules/catalogue.ts';
import type { Report } from '../../check/report.ts';
import { checkJson } from './json.ts';
import { nagiosExit, nagiosLine } from './nagios.ts';
import { prometheusText, writePrometheus } from './prometheus.ts';
import { rulesJson, rulesText } from './rules.ts';
import type { TargetTally } from './tally.ts';
import { tallyOf, worstIn } from './tally.ts';
import type { TargetFlags } from './targets.ts';
import { readTargets } from './targets.ts';
import { checkText, summaryText } from './text.ts';
import type { Invocation, Io } from '../terminal/io.ts';
import { resolverOf } from '../resolver-option.ts';
import { configIfAny, openLog } from '../session.ts';
import type { Openers } from '../syntax.ts';

export interface CheckFlags extends TargetFlags {
  readonly repeat: string;
  readonly at?: string;
  readonly silence: readonly string[];
  readonly resolver: readonly string[];
  readonly timeout?: string;
  readonly strict: boolean;
  readonly servers: boolean;
  readonly watch: boolean;
  readonly every?: string;
  readonly configured: boolean;
  readonly nagios: boolean;
  readonly prometheus?: string;
  readonly rules: boolean;
}

function usage(message: string, hint?: string): AppError {
  return new AppError('USAGE', message, hint === undefined ? {} : { hint });
}

/** `+14d` from now, or a time. */
function timeOf(text: string | undefined, now: Instant): Instant {
  if (text === undefined) return now;
  const ahead = text.startsWith('+') ? parseDuration(text.slice(1)) : undefined;
  const at = ahead === undefined ? parseInstant(text) : now + ahead;
  if (Number.isNaN(at))
    throw usage(`"${text}" is not a time`, 'write it like +14d or 2026-11-21T14:05:00Z');
  return at;
}

function rulesOf(names: readonly string[]): ReadonlySet<RuleName> {
  for (const name of names) {
    if (Object.hasOwn(RULES, name)) continue;
    throw usage(`there is no rule "${name}"`, `rules are: ${Object.keys(RULES).join(', ')}`);
  }
  return new Set(names as readonly RuleName[]);
}

function timeoutOf({ timeout: text }: CheckFlags): { readonly timeout?: Seconds } {
  if (text === undefined) return {};
  const timeout = parseDuration(text);
  if (timeout !== undefined && timeout > 0 && timeout <= LONGEST_TIMEOUT) return { timeout };
  throw usage(`"${text}" is not a time for one target`, 'write --timeout 2m; at most 1h');
}

/** Timers of Node end at some weeks, and no check needs that long. */
const LONGEST_TIMEOUT: Seconds = 3600;

function repeatOf(text: string): number {
  const repeat = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (repeat < 1) throw usage(`"${text}" is not a number of handshakes`, 'write --repeat 5');
  return repeat;
}

/** 1 for CRITICAL, and for WARNING with --strict; else 3 when anything is UNKNOWN; else 0. */
function exitOf(tallies: readonly TargetTally[], strict: boolean): ExitStatus {
  const found = new Set(tallies.flatMap(({ findings }) => findings.map((one) => one.severity)));
  if (found.has('critical') || (strict && found.has('warning'))) return 1;
  return found.has('unknown') ? 3 : 0;
}

/** Options that exclude each other, and a command without a target. */
function refuseNonsense(written: readonly string[], flags: CheckFlags, json: boolean): void {
  const { file, configured, nagios, mx, xmpp } = flags;
  if (nagios && json) throw usage('--nagios and --json are two forms of one result: choose one');
  if (written.length > 0 || file !== undefined || configured) return;
  throw usage(
    'nothing to check',
    mx
      ? 'name a mail domain: --mx example.org'
      : xmpp
        ? 'name an XMPP domain: --xmpp example.org'
        : 'name a target: mx1.example.org:25, https://www.example.org, --mx example.org, --xmpp example.org, or --configured',
  );
}

export async function checkCommand(
  written: readonly string[],
  flags: CheckFlags,
  { openChecker, openWatcher }: Pick<Openers, 'openChecker' | 'openWatcher'>,
  invocation: Invocation,
): Promise<ExitStatus> {
  const { options, io } = invocation;
  if (flags.rules) {
    io.out(options.json ? rulesJson() : rulesText());
    return 0;
  }
  if (flags.watch) return watchInstead(written, flags, openWatcher, invocation);
  refuseNonsense(written, flags, options.json);
  const request = {
    repeat: repeatOf(flags.repeat),
    at: timeOf(flags.at, io.now()),
    silenced: rulesOf(flags.silence),
    servers: flags.servers,
    ...timeoutOf(flags),
  };
  const resolvers = flags.resolver.map(resolverOf);
  const named = await readTargets(written, flags);
  const began = io.now();
  const config = await configIfAny(options);
  const logger = await openLog(invocation);
  const checker = await openChecker({ config, resolvers, logger, signal: io.signal });
  const own = flags.configured ? await checker.configured() : { targets: [], notes: [] };
  for (const note of own.notes) logger.warn('state', { note });
  const reports = checker.reports({ ...request, targets: [...own.targets, ...named] });
  const tell = flags.nagios ? silently : options.json ? asJson : asText(options.verbosity);
  const tallies = await tell(reports, io);
  const [now, took] = [io.now(), io.now() - began];
  if (flags.prometheus !== undefined) {
    await writePrometheus(flags.prometheus, prometheusText(tallies, now, took));
  }
  if (!flags.nagios) return exitOf(tallies, flags.strict);
  io.out(nagiosLine(tallies, now, took));
  return nagiosExit(worstIn(tallies));
}

async function watchInstead(
  written: readonly string[],
  flags: CheckFlags,
  open: OpenWatcher,
  invocation: Invocation,
): Promise<ExitStatus> {
  const { options, io } = invocation;
  if (flags.nagios || flags.prometheus !== undefined) {
    throw usage(
      '--watch reports to the notifiers of [monitor]; --nagios and --prometheus report a ' +
        'single check',
    );
  }
  const named = await readTargets(written, flags);
  const asked = {
    ...{ named, servers: flags.servers, configured: flags.configured, every: flags.every },
    repeat: flags.repeat === '1' ? undefined : repeatOf(flags.repeat),
    at: (now: Instant) => timeOf(flags.at, now),
    silenced: rulesOf(flags.silence),
    ...timeoutOf(flags),
    resolvers: flags.resolver.map(resolverOf),
  };
  timeOf(flags.at, io.now());
  const config = await configIfAny(options);
  const logger = await openLog(invocation);
  const { watchCommand } = await import('./watch.ts');
  return watchCommand(asked, open, { config, logger }, invocation);
}

type Tell = (reports: AsyncIterable<Report>, io: Io) => Promise<readonly TargetTally[]>;

const silently: Tell = async (reports) => {
  const tallies: TargetTally[] = [];
  for await (const report of reports) tallies.push(tallyOf(report));
  return tallies;
};

const asText =
  (verbosity: number): Tell =>
  async (reports, io) => {
    const tallies: TargetTally[] = [];
    let gap = '';
    for await (const report of reports) {
      const text = checkText(report, verbosity);
      if (text !== '') {
        io.out(`${gap}${text}`);
        gap = '\n';
        await io.drained();
      }
      tallies.push(tallyOf(report));
    }
    if (tallies.length > 1) io.out(summaryText(tallies.map(({ severity }) => severity)));
    return tallies;
  };

/**
 * One document, written piece by piece: a list of thousands of targets is never whole in memory.
 */
const asJson: Tell = async (reports, io) => {
  const tallies: TargetTally[] = [];
  io.out('{\n "schema": 1,\n "targets": [');
  for await (const report of reports) {
    const row = JSON.stringify(checkJson(report), null, 1).replace(/^/gm, '  ');
    io.out(`${tallies.length === 0 ? '' : ','}\n${row}`);
    tallies.push(tallyOf(report));
    await io.drained();
  }
  io.out(`\n ],\n "severity": ${JSON.stringify(worstIn(tallies))}\n}\n`);
  return tallies;
};
