// A run of the check: targets come in, one report for each goes out, in the same order.
import { setMaxListeners } from 'node:events';
import type { Instant, Seconds } from '../base/clock.ts';
import { formatDuration } from '../base/duration.ts';
import { following } from '../base/following.ts';
import type { Fqdn } from '../dns/name.ts';
import type { RdataHex } from '../dns/rrset.ts';
import type { Call } from '../ports/call.ts';
import type { Ask } from './gather/lookups.ts';
import { createAnswers } from './gather/lookups.ts';
import type { RuleName } from './rules/catalogue.ts';
import type { Deadline } from './gather/deadline.ts';
import { createDeadline } from './gather/deadline.ts';
import { domainReportOn } from './domain.ts';
import type { EndpointFacts, Target } from './gather/facts.ts';
import { finding } from './rules/finding.ts';
import { createLimit } from '../base/limit.ts';
import { createLimits } from './gather/limits.ts';
import type { LookContext } from './gather/service.ts';
import { createMemo } from './gather/memo.ts';
import { lookAtNames } from './gather/caa.ts';
import type { Report } from './report.ts';
import { namesReport, withFinding } from './report.ts';
import { targetText } from './gather/target.ts';
import { caaFindings } from './rules/caa.ts';
import { serviceReportOn } from './service.ts';
import { distrustAt, unseenReport } from './unseen.ts';
import type { CheckWorld } from './gather/world.ts';
import type { ZoneLooking } from './gather/zone.ts';

export interface CheckOptions {
  /** Handshakes with each address; more than one finds what is presented only sometimes. */
  readonly repeat: number;
  /** The time as of which certificates and records are judged. */
  readonly at: Instant;
  readonly silenced: ReadonlySet<RuleName>;
  /** Whether each name server is asked, too. */
  readonly servers: boolean;
  /** Records that a rollover of this installation has published at an owner for the next chain. */
  readonly expectedAt: (owner: Fqdn) => ReadonlySet<RdataHex>;
  /** For one target with everything that it leads to; by default it grows with the repetitions. */
  readonly timeout?: Seconds;
  /** Only what services present is needed: this needs no validating resolver. */
  readonly unvalidated?: boolean;
}

/**
 * For one check of everything: silent addresses take half a minute each, and are asked at the same
 * time.
 */
const TARGET_TIMEOUT: Seconds = 120;
const HANDSHAKES = 128;
/** Mail servers limit how many connections one client may have. */
const PER_ADDRESS = 4;
const LOOKUPS = 128;
const QUESTIONS = 128;
/** So many queries at once to one name server must not look like an attack. */
const PER_SERVER = 16;
/** Targets that are checked at the same time. */
const TARGETS = 128;
/** Targets that share a service are usually neighbours in a list. */
const KEPT_LOOKS = 1024;

export async function* check(
  targets: Iterable<Target>,
  world: CheckWorld,
  options: CheckOptions,
  given: Call,
): AsyncGenerator<Report> {
  // If a target completes without a shared answer, the run does not wait for that answer.
  const { signal, end } = following(given.signal);
  // Hundreds of queries and handshakes listen to this signal; this is not a leak.
  setMaxListeners(0, signal);
  try {
    yield* reportsOn(targets, world, options, { ...given, signal });
  } finally {
    end();
  }
}

async function* reportsOn(
  targets: Iterable<Target>,
  world: CheckWorld,
  options: CheckOptions,
  call: Call,
): AsyncGenerator<Report> {
  const { unvalidated = false } = options;
  const ask = createAnswers({ resolver: world.resolver, unvalidated }, createLimit(LOOKUPS), call);
  const looking: ZoneLooking = {
    servers: world.servers,
    ask,
    questions: createLimit(QUESTIONS),
    perServer: createLimits(PER_SERVER),
    zones: createMemo(KEPT_LOOKS),
    cuts: createMemo(KEPT_LOOKS),
    views: createMemo(KEPT_LOOKS),
    label: world.label,
    call,
  };
  const context: Shared = {
    world,
    ask,
    looking: options.servers ? looking : undefined,
    once: createMemo<readonly EndpointFacts[]>(KEPT_LOOKS),
    handshakes: createLimit(HANDSHAKES),
    perAddress: createLimits(PER_ADDRESS),
    repeat: options.repeat,
    at: options.at,
    expectedAt: options.expectedAt,
    call,
  };
  const underWay: Promise<Report>[] = [];
  for (const target of targets) {
    const report = reportOn(target, context, options);
    // It is awaited in its turn. Until then its failure must not count as an unhandled rejection.
    report.catch(() => undefined);
    underWay.push(report);
    const first = underWay.length >= TARGETS ? underWay.shift() : undefined;
    if (first !== undefined) yield await first;
  }
  for (const report of underWay) yield await report;
}

/** What the targets of a run share. */
type Shared = Omit<LookContext, 'deadline'>;

async function reportOn(target: Target, shared: Shared, options: CheckOptions): Promise<Report> {
  const { silenced, unvalidated = false, repeat, timeout = TARGET_TIMEOUT * repeat } = options;
  const { world, call } = shared;
  const distrust = unvalidated ? undefined : await distrustAt(target, world.resolver, call);
  if (distrust !== undefined) return unseenReport(target, distrust, world);
  const deadline = createDeadline(timeout);
  const ask = inTime(shared.ask, deadline);
  try {
    const report = await looked(target, { ...shared, ask, deadline }, silenced);
    if (!deadline.isMissed) return report;
    const because = `not everything was checked within ${formatDuration(timeout)}`;
    return withFinding(report, finding('out-of-time', targetText(target), because), silenced);
  } finally {
    deadline.end();
  }
}

function inTime(ask: Ask, deadline: Deadline): Ask {
  return (name, type) =>
    deadline.within(ask(name, type), () => ({
      ...{ name, type },
      lookup: { status: 'timeout', detail: 'the time for this target has ended' },
    }));
}

async function looked(
  target: Target,
  context: LookContext,
  silenced: ReadonlySet<RuleName>,
): Promise<Report> {
  if (target.kind === 'service') return serviceReportOn(target, context, silenced);
  if (target.kind !== 'names') return domainReportOn(target, context, silenced);
  const facts = await lookAtNames(target, context.ask);
  return namesReport(facts, caaFindings(facts), silenced);
}
