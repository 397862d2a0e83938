// `check`: a DANE check of services and mail domains, told as text, JSON, one line for Nagios, or a textfile for Prometheus.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Instant } from '../base/clock.ts';
import { parseInstant } from '../base/clock.ts';
import { parseDuration } from '../base/duration.ts';
import type { ExitStatus } from '../base/errors.ts';
import { AppError, reasonOf } from '../base/errors.ts';
import type { Checker, OpenChecker } from '../app/check.ts';
import type { OpenWatcher } from '../app/watch.ts';
import { RULES } from '../check/catalogue.ts';
import type { RuleName } from '../check/catalogue.ts';
import type { Target } from '../check/facts.ts';
import type { Severity } from '../check/severity.ts';
import { worstOf } from '../check/severity.ts';
import { parseTarget } from '../check/target.ts';
import type { Config, ServerAddress } from '../config/schema.ts';
import { checkJson } from './check-json.ts';
import { checkText, summaryText } from './check-text.ts';
import type { GlobalOptions, Io } from './io.ts';
import { openLog, readConfig } from './session.ts';

export interface CheckFlags {
  readonly mx: boolean;
  readonly file?: string;
  readonly repeat: string;
  readonly at?: string;
  readonly silence: readonly string[];
  readonly resolver: readonly string[];
  readonly strict: boolean;
  readonly servers: boolean;
  readonly watch: boolean;
  readonly every?: string;
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
    throw usage(`"${text}" is no time`, 'write it like +14d or 2026-11-21T14:05:00Z');
  return at;
}

function rulesOf(names: readonly string[]): ReadonlySet<RuleName> {
  for (const name of names) {
    if (Object.hasOwn(RULES, name)) continue;
    throw usage(`there is no rule "${name}"`, `rules are: ${Object.keys(RULES).join(', ')}`);
  }
  return new Set(names as readonly RuleName[]);
}

function serverOf(text: string): ServerAddress {
  const [, v6, host = v6, port] =
    /^(?:\[([0-9a-f:.%]+)\]|([^:\s]+|[0-9a-f:.%]+))(?:[:#](\d{1,5}))?$/i.exec(text) ?? [];
  if (host === undefined)
    throw usage(`"${text}" is no address of a resolver`, 'write it like 127.0.0.1 or [::1]:5353');
  return { host, port: port === undefined ? 53 : Number(port) };
}

function repeatOf(text: string): number {
  const repeat = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (repeat < 1) throw usage(`"${text}" is no number of looks`, 'write --repeat 5');
  return repeat;
}

/** Targets as they were written, then those of the file: one in a line, "#" begins a comment. */
async function* targetsOf(
  written: readonly string[],
  { mx, file }: CheckFlags,
): AsyncGenerator<Target> {
  for (const text of written) yield parseTarget(text, mx);
  if (file === undefined) return;
  const input = file === '-' ? process.stdin : createReadStream(file, 'utf8');
  try {
    for await (const line of createInterface({ input })) {
      const text = line.replace(/#.*$/, '').trim();
      if (text !== '') yield parseTarget(text, mx);
    }
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('INPUT_INVALID', `cannot read ${file}: ${reasonOf(cause)}`, { cause });
  }
}

/** Without a configuration a check works as well; one that was named has to be there. */
async function configIfAny(options: GlobalOptions): Promise<Config | undefined> {
  if (options.config !== undefined) return readConfig(options);
  const { findConfig } = await import('../config/load.ts');
  return findConfig();
}

function exitOf(severity: Severity, strict: boolean): ExitStatus {
  switch (severity) {
    case 'critical':
      return 1;
    case 'warning':
      return strict ? 1 : 0;
    case 'unknown':
      return 3;
    case 'ok':
      return 0;
  }
}

export async function checkCommand(
  written: readonly string[],
  flags: CheckFlags,
  open: OpenChecker,
  openWatcher: OpenWatcher,
  options: GlobalOptions,
  io: Io,
): Promise<ExitStatus> {
  if (flags.watch) return watchInstead(written, flags, openWatcher, options, io);
  if (written.length === 0 && flags.file === undefined) {
    throw usage(
      'nothing to check',
      'name a target: mx1.example.org:25, https://www.example.org, or --mx example.org',
    );
  }
  const request = {
    repeat: repeatOf(flags.repeat),
    at: timeOf(flags.at, io.now()),
    silenced: rulesOf(flags.silence),
    servers: flags.servers,
    targets: targetsOf(written, flags),
  };
  const resolvers = flags.resolver.map(serverOf);
  const config = await configIfAny(options);
  const logger = await openLog(options, io);
  const checker = await open({ config, resolvers, logger, signal: io.signal });
  const severities = options.json
    ? await tellJson(checker, request, io)
    : await tellText(checker, request, options, io);
  return exitOf(worstOf(severities), flags.strict);
}

async function watchInstead(
  written: readonly string[],
  flags: CheckFlags,
  open: OpenWatcher,
  options: GlobalOptions,
  io: Io,
): Promise<ExitStatus> {
  const named: Target[] = [];
  for await (const target of targetsOf(written, flags)) named.push(target);
  const asked = {
    ...{ named, servers: flags.servers, every: flags.every },
    repeat: flags.repeat === '1' ? undefined : repeatOf(flags.repeat),
    at: (now: Instant) => timeOf(flags.at, now),
    silenced: rulesOf(flags.silence),
    resolvers: flags.resolver.map(serverOf),
  };
  timeOf(flags.at, io.now());
  const config = await configIfAny(options);
  const logger = await openLog(options, io);
  const { watchCommand } = await import('./check-watch.ts');
  return watchCommand(asked, open, { config, logger }, options, io);
}

type Request = Parameters<Checker>[0];

async function tellText(
  checker: Checker,
  request: Request,
  options: GlobalOptions,
  io: Io,
): Promise<readonly Severity[]> {
  const severities: Severity[] = [];
  for await (const report of checker(request)) {
    io.out(`${severities.length === 0 ? '' : '\n'}${checkText(report, options.verbosity)}`);
    severities.push(report.severity);
  }
  if (severities.length > 1) io.out(summaryText(severities));
  return severities;
}

/** One document, written as it comes: a list of thousands of targets is never whole in memory. */
async function tellJson(checker: Checker, request: Request, io: Io): Promise<readonly Severity[]> {
  const severities: Severity[] = [];
  io.out('{\n "schema": 1,\n "targets": [');
  for await (const report of checker(request)) {
    const row = JSON.stringify(checkJson(report), null, 1).replace(/^/gm, '  ');
    io.out(`${severities.length === 0 ? '' : ','}\n${row}`);
    severities.push(report.severity);
  }
  io.out(`\n ],\n "severity": ${JSON.stringify(worstOf(severities))}\n}\n`);
  return severities;
}
