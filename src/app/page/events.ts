// What happened, and what is ahead: the history of a certificate, and the timeline of its rollover.
import type { Instant } from '../../base/clock.ts';
import type { Event } from '../../engine/events.ts';
import { stageWords } from '../../rollover/forecast/explain.ts';
import type { Stage } from '../../rollover/forecast/forecast.ts';
import type { CertificateStatus } from '../status/certificate-status.ts';
import { styledHtml, timeHtml, whenHtml } from './frame.ts';
import { markup } from './markup.ts';
import type { Html } from './markup.ts';

/** An event as the commands print it. */
export interface EventWords {
  readonly words: string;
  readonly more?: readonly string[];
  /** To be copied. */
  readonly verbatim?: readonly string[];
  readonly hints?: readonly string[];
  readonly style?: 'good' | 'bad' | 'wait' | 'strong' | 'faint';
}

/** Times in it are as far away as at `now`. */
export type Wording = (event: Event, now: Instant) => EventWords;

const MOST_EVENTS = 100;
const MOST_MILESTONES = 60;

/** What changes something; the others are in the history only. */
const MILESTONES: ReadonlySet<string> = new Set<Event['event']>([
  ...(['key-created', 'ordered', 'issued', 'taken', 'published', 'withdrawn', 'by-hand'] as const),
  ...(['served-everywhere', 'sent', 'not-sent', 'deploying', 'deployed', 'repaired'] as const),
  ...(['not-repaired', 'broken', 'rolled-back', 'proven', 'operator', 'failed'] as const),
]);

/** A later version has other kinds of events, and a hand may have changed the file. */
function wordsOf(event: Event, wording: Wording): EventWords {
  try {
    const said = wording(event, event.at);
    return event.tryOut === true ? { ...said, words: `try-out: ${said.words}` } : said;
  } catch {
    return { words: event.event };
  }
}

export function historyHtml(
  events: readonly Event[],
  { wording, path, isWhole }: { wording: Wording; path: string; isWhole: boolean },
): Html {
  if (events.length === 0) return markup`<p>Nothing has happened yet.</p>`;
  const newest = [...events].reverse();
  const shown = isWhole ? newest : newest.slice(0, MOST_EVENTS);
  const others = events.length - shown.length;
  const all = markup`<p><a href="${`${path}?history=all#history`}">${others} earlier events</a></p>`;
  return markup`<ol class="events" reversed start="${events.length}">
${shown.map((event) => eventHtml(event, wordsOf(event, wording)))}</ol>
${others === 0 ? undefined : all}`;
}

function eventHtml({ at }: Event, said: EventWords): Html {
  const { words, more = [], verbatim = [], hints = [], style } = said;
  const lines = verbatim.length === 0 ? undefined : markup`<pre>${verbatim.join('\n')}</pre>`;
  return markup`<li>${timeHtml(at)} ${styledHtml(style, words)}${lines}${[
    ...more.map((line) => markup`<br>${line}`),
    ...hints.map((hint) => markup`<br>hint: ${hint}`),
  ]}</li>
`;
}

/** Of the rollover that is under way, or of the last one: the past, now, and what is ahead. */
export function timelineHtml(
  status: CertificateStatus,
  events: readonly Event[],
  { wording, now }: { wording: Wording; now: Instant },
): Html {
  const past = rolloverOf(status, events).filter(({ event }) => MILESTONES.has(event));
  const shown = past.slice(-MOST_MILESTONES);
  return markup`<ol class="timeline">
${shown.map((event) => pastHtml(event, wordsOf(event, wording)))}<li class="now">${timeHtml(now)} now: ${nowWords(status)}</li>
${status.way.map((stage) => futureHtml(stage, now))}</ol>
<p class="faint">A solid line has happened; a dashed line is the plan, if no error occurs.</p>`;
}

/** From the first event of its generation. */
function rolloverOf(
  { phase, live }: CertificateStatus,
  events: readonly Event[],
): readonly Event[] {
  const own = events.filter(({ tryOut }) => tryOut !== true);
  const numberOf = (event: Event): number =>
    'generation' in event && typeof event.generation === 'number' ? event.generation : 0;
  // While it is idle, a key that was made ahead belongs to the next one.
  const newest = own.reduce((most, event) => Math.max(most, numberOf(event)), 0);
  const generation = phase === 'idle' && live !== undefined ? live.number : newest;
  const start = own.findIndex((event) => numberOf(event) === generation);
  return start === -1 ? own : own.slice(start);
}

function pastHtml({ at }: Event, { words, style }: EventWords): Html {
  return markup`<li class="past">${timeHtml(at)} ${styledHtml(style, words.replace(/:$/, ''))}</li>
`;
}

const nowWords = ({ phase, waitingFor }: CertificateStatus): string =>
  waitingFor === undefined ? phase : `${phase}, waits for ${waitingFor}`;

function futureHtml(stage: Stage, now: Instant): Html {
  const time = stage.at <= now ? markup`next: ` : markup`about ${whenHtml(stage.at, now)}: `;
  return markup`<li class="future">${time}${stageHtml(stage, now)}</li>
`;
}

function stageHtml(stage: Stage, now: Instant): Html {
  switch (stage.stage) {
    case 'wait':
      return markup`wait until ${whenHtml(stage.until, now)}${because(stage.reasons)}`;
    case 'open': {
      const words = stage.person ? 'needs a person' : 'wait; how long is not known';
      return markup`${words}${because(stage.reasons)}`;
    }
    case 'rest':
      return Number.isFinite(stage.until)
        ? markup`nothing until the next renewal, ${whenHtml(stage.until, now)}`
        : markup`nothing more`;
    case 'publish':
    case 'withdraw': {
      const { add, remove } = stage;
      const lines = [...add.map((one) => `+ ${one}`), ...remove.map((one) => `- ${one}`)];
      return markup`${stageWords(stage)}<pre>${lines.join('\n')}</pre>`;
    }
    default:
      return markup`${stageWords(stage)}`;
  }
}

const because = (reasons: readonly { readonly because: string }[]): string =>
  reasons.length === 0 ? '' : `: ${reasons.map((one) => one.because).join('; ')}`;
