// `run` and `issue`: events when they happen (timeline on stderr, NDJSON on stdout with --json),
// then one summary.
import { formatInstant } from '../../base/clock.ts';
import { defined } from '../../base/defined.ts';
import type { ExitStatus } from '../../base/errors.ts';
import type { FindIdle } from '../../app/use-cases/all-idle.ts';
import { eventJson } from '../../engine/event-json.ts';
import type { Event } from '../../engine/events.ts';
import type {
  CertificateOutcome,
  OpenApp,
  RunRequest,
  RunSummary,
  TryOutRequest,
} from '../../app/use-cases/commands.ts';
import { countingDown } from '../terminal/countdown.ts';
import { Progress } from '../terminal/progress.ts';
import { eventText, isTold } from './event-text.ts';
import type { Invocation } from '../terminal/io.ts';
import { withTimes } from '../../base/json-times.ts';
import { jsonLine, paragraph, table, verbatim, when } from '../terminal/render.ts';
import { warn, withApp } from '../session.ts';
import type { Openers } from '../syntax.ts';
import { styled } from '../terminal/style.ts';
import { commandsText, wayText } from './way-text.ts';

/**
 * For the lines below an event: 7 characters of "+ 3 1 1 " and 64 of a digest must fit into 80
 * columns.
 */
const BELOW = ' '.repeat(8);

export function eventLines(event: Event, now: number): string {
  const { words, more = [], verbatim: copied = [], hints = [], style } = eventText(event, now);
  const time = `${formatInstant(event.at).slice(11)} `;
  const tryOut = event.tryOut ? ' (try-out)' : '';
  const about = event.certificate === '' ? '' : `${styled('strong', event.certificate)}${tryOut}: `;
  const news = words.split(': ', 1).join('');
  const text = styled(style, news) + words.slice(news.length);
  return [
    paragraph(`${about}${text}`, styled('faint', time), BELOW),
    verbatim(copied, BELOW),
    ...more.map((line) => paragraph(line, BELOW)),
    ...hints.map((hint) => paragraph(hint, `${BELOW}hint: `, `${BELOW}  `)),
  ].join('');
}

/**
 * Where events go: NDJSON is the result; the timeline is progress, and -q leaves only what went
 * wrong.
 */
export function teller({ options, io }: Invocation, progress?: Progress): (event: Event) => void {
  if (options.json) return (event) => io.out(jsonLine(eventJson(event)));
  // An idle certificate is reported only after something happened to it, or with -v.
  const moved = new Set<string>();
  const planned = new Set<string>();
  return (event) => {
    // The plan was asked for, and includes what the event of a wait would say.
    if (event.event === 'planned') {
      planned.add(event.certificate);
      return io.out(wayText(event, io.now()));
    }
    if (event.event === 'commands-planned') return io.out(commandsText(event));
    if (event.event === 'waiting' && planned.has(event.certificate)) return;
    const rests = event.event === 'done' && !moved.has(event.certificate);
    if (event.event !== 'done') moved.add(event.certificate);
    if (rests && options.verbosity < 1) return;
    // Many have one line together, and lines of their own only for what is wrong.
    const isTogether = io.rewrite !== undefined && progress?.isMany === true;
    const verbosity = isTogether && options.verbosity === 0 ? -1 : options.verbosity;
    if (isTold(event, verbosity)) io.err(eventLines(event, io.now()));
  };
}

const STYLE = {
  done: 'good',
  deleted: 'good',
  tried: 'good',
  renamed: 'good',
  planned: undefined,
  waiting: 'wait',
  blocked: 'bad',
  failed: 'bad',
  locked: 'wait',
  interrupted: 'wait',
} as const satisfies Record<CertificateOutcome['state'], unknown>;

/** The events have already said why. */
function row(outcome: CertificateOutcome, now: number): readonly string[] {
  const { certificate, state, until } = outcome;
  const next = until === undefined ? '' : when(until, now);
  return [certificate, styled(STYLE[state], state), next];
}

const counted = (count: number): string => `${count} certificate${count === 1 ? '' : 's'}`;

/** Many idle certificates are one line. */
function resting(outcomes: readonly CertificateOutcome[], now: number): string {
  const next = Math.min(...outcomes.map(({ until = Infinity }) => until));
  const due = Number.isFinite(next) ? `: nothing is due before ${when(next, now)}` : '';
  return paragraph(`${counted(outcomes.length)} done${due}`);
}

function summaryText({ certificates }: RunSummary, now: number): string {
  if (certificates.length === 0) return 'no certificates are configured\n';
  const rest = certificates.filter(({ state }) => state === 'done');
  // The last event has already reported the result of a single certificate.
  const isTold = ({ state, until }: CertificateOutcome): boolean =>
    certificates.length === 1 && until === undefined && STYLE[state] === 'bad';
  const others = certificates.filter(
    (outcome) => outcome.state !== 'done' && outcome.state !== 'planned' && !isTold(outcome),
  );
  const rows = others.map((outcome) => row(outcome, now));
  return (
    (rows.length === 0 ? '' : table(['CERTIFICATE', 'STATE', 'UNTIL'], rows)) +
    (rest.length === 0 ? '' : resting(rest, now))
  );
}

export function finish(summary: RunSummary, { options, io }: Invocation): ExitStatus {
  if (options.json) io.out(jsonLine({ event: 'summary', ...(withTimes(summary) as object) }));
  // An event has already reported what is wrong; under cron nothing else is worth a mail.
  else if (options.verbosity >= 0) io.out(summaryText(summary, io.now()));
  return summary.exit;
}

export async function tryOutCommand(
  request: TryOutRequest,
  open: OpenApp,
  invocation: Invocation,
): Promise<ExitStatus> {
  const tell = teller(invocation);
  const summary = await withApp(open, invocation, (app) => app.tryOut(request, tell));
  return finish(summary, invocation);
}

/** A run over everything that finds everything idle; undefined: something may be due. */
async function idleRun(
  { names, force }: RunRequest,
  findIdle: FindIdle | undefined,
  invocation: Invocation,
): Promise<ExitStatus | undefined> {
  const { options, io } = invocation;
  if (names.length > 0 || force) return undefined;
  const { config, state } = options;
  const idle = await findIdle?.(defined({ config, state }));
  if (idle === undefined) return undefined;
  await warn(idle.warnings, invocation);
  const at = io.now();
  // Ten thousand lines are one text: each write of a pipe is a call of the system.
  const lines: string[] = [];
  const tell = teller({ options, io: { ...io, out: (line) => void lines.push(line) } });
  for (const { certificate, until } of idle.certificates) {
    tell({ event: 'done', certificate, at, until });
  }
  io.out(lines.join(''));
  return finish({ exit: 0, certificates: idle.certificates }, invocation);
}

export async function runCommand(
  request: RunRequest,
  { openApp: open, findIdle }: Pick<Openers, 'openApp' | 'findIdle'>,
  invocation: Invocation,
): Promise<ExitStatus> {
  const idle = await idleRun(request, findIdle, invocation);
  if (idle !== undefined) return idle;
  const progress = new Progress();
  const tell = teller(invocation, progress);
  const asked = { ...request, begins: (count: number) => progress.begins(count) };
  const summary = await withApp(open, invocation, (app) =>
    countingDown(tell, invocation, (telling) => app.run(asked, telling), {
      progress,
      waits: request.wait,
    }),
  );
  return finish(summary, invocation);
}
