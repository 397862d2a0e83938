// `run` and `issue`: events as they happen (timeline on stderr, NDJSON on stdout with --json), then one summary.
import { formatInstant } from '../base/clock.ts';
import type { ExitStatus } from '../base/errors.ts';
import type { Event } from '../engine/events.ts';
import type { CertificateOutcome, OpenApp, RunRequest, RunSummary } from '../app/commands.ts';
import type { GlobalOptions, Io } from './io.ts';
import { jsonLine, paragraph, table, when } from './render.ts';
import { withApp } from './session.ts';

/** Times become text, because a reader of NDJSON should not have to guess the unit. */
function eventJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(eventJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) =>
      typeof item === 'number' && /^(at|until|since|notAfter|notBefore)$/.test(key)
        ? [key, formatInstant(item)]
        : [key, eventJson(item)],
    ),
  );
}

function records(event: Event & { event: 'published' | 'withdrawn' }): string {
  const parts = [];
  if (event.add.length > 0) parts.push(`+ ${event.add.join(', + ')}`);
  if (event.remove.length > 0) parts.push(`- ${event.remove.join(', - ')}`);
  return parts.join(', ');
}

/** What happened, in a sentence without its certificate and time. */
function sentence(event: Event, now: number): string {
  switch (event.event) {
    case 'rebuilt':
      return `its documents were lost: ${event.generations} generations found on disk, the rest is observed anew`;
    case 'operator':
      return `${event.what}: ${event.detail}`;
    case 'key-created':
      return `generation ${event.generation}: new ${event.keyType} key`;
    case 'ordered':
      return `generation ${event.generation}: ordered at ${event.orderUrl}`;
    case 'challenge-published':
      return `challenge published at ${event.owner}`;
    case 'challenge-answered':
      return `challenge for ${event.identifier} answered`;
    case 'issued':
      return `generation ${event.generation}: issued, valid until ${when(event.notAfter, now)}`;
    case 'published':
    case 'withdrawn':
      return `${event.event} at ${event.owner}: ${records(event)}`;
    case 'served-everywhere':
      return `${event.owner} is served everywhere since ${when(event.since, now)}`;
    case 'deploying':
      return `generation ${event.generation}: placing files`;
    case 'deployed':
      return `generation ${event.generation}: deployed`;
    case 'rolled-back':
      return `generation ${event.from} could not be deployed everywhere (${event.because}): all targets go back to generation ${event.to}, as generation ${event.generation}`;
    case 'proven':
      return `generation ${event.generation}: proven at ${event.endpoints} endpoints`;
    case 'planned':
      return `would ${event.step}`;
    case 'waiting': {
      const because = event.reasons.map((reason) => reason.because).join('; ');
      // Without a known time it is somebody's act that is waited for, and the time only that of the next look.
      const waiting = event.known ? `waiting until ${when(event.until, now)}` : 'waiting';
      return `${waiting}${because === '' ? '' : `: ${because}`}`;
    }
    case 'blocked': {
      const because = event.reasons
        .map((reason) => `${reason.because} (${reason.rule}, ${reason.section})`)
        .join('; ');
      return `${event.person ? 'needs a person' : 'blocked for now'}: ${because}`;
    }
    case 'done':
      return `done; next look ${when(event.until, now)}`;
    case 'failed':
      return `failed: ${event.message}`;
  }
}

/** What to do about it; a line for each. */
function hints(event: Event): readonly string[] {
  if (event.event === 'failed') return event.hint === undefined ? [] : [event.hint];
  if (event.event !== 'blocked' && event.event !== 'waiting') return [];
  return [...new Set(event.reasons.flatMap(({ hint }) => hint ?? []))];
}

/** Where events go: NDJSON is the result itself; the timeline is progress, and -q leaves only what went wrong. */
export function teller(options: GlobalOptions, io: Io): (event: Event) => void {
  if (options.json) return (event) => io.out(jsonLine(eventJson(event) as Record<string, unknown>));
  return (event) => {
    const wrong = event.event === 'failed' || event.event === 'blocked';
    if (options.verbosity < 0 && !wrong) return;
    const time = formatInstant(event.at).slice(11);
    io.err(paragraph(`${event.certificate}: ${sentence(event, io.now())}`, `${time} `));
    for (const hint of hints(event)) io.err(paragraph(`hint: ${hint}`, ' '.repeat(10)));
  };
}

function row(outcome: CertificateOutcome, now: number): readonly string[] {
  const until = outcome.until === undefined ? '' : when(outcome.until, now);
  return [outcome.certificate, outcome.state, until, outcome.why.join('; ')];
}

export function finish(summary: RunSummary, options: GlobalOptions, io: Io): ExitStatus {
  if (options.json) {
    io.out(jsonLine({ event: 'summary', ...(eventJson(summary) as object) }));
  } else if (summary.certificates.length === 0) {
    io.out('no certificates are configured\n');
  } else {
    const rows = summary.certificates.map((outcome) => row(outcome, io.now()));
    io.out(table(['CERTIFICATE', 'STATE', 'UNTIL', 'WHY'], rows));
  }
  return summary.exit;
}

export async function runCommand(
  request: RunRequest,
  open: OpenApp,
  options: GlobalOptions,
  io: Io,
): Promise<ExitStatus> {
  const tell = teller(options, io);
  const summary = await withApp(open, options, io, (app) => app.run(request, tell));
  return finish(summary, options, io);
}
