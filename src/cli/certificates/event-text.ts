// Events as text: the news first; what is copied (records, URLs) is on lines of its own.
import type { Instant } from '../../base/clock.ts';
import { formatDuration } from '../../base/duration.ts';
import type { Event } from '../../engine/events.ts';
import { REASONS } from '../../rollover/reasons.ts';
import type { Reason } from '../../rollover/reasons.ts';
import { stageWords } from '../../rollover/forecast/explain.ts';
import { when } from '../terminal/render.ts';
import { changeLines } from './status-words.ts';
import type { Style } from '../terminal/style.ts';

export interface EventText {
  readonly words: string;
  /** Further sentences, one a line. */
  readonly more?: readonly string[];
  /** Lines to be copied, printed without changes. */
  readonly verbatim?: readonly string[];
  readonly style?: Style;
  /** What to do about it; one line each. */
  readonly hints?: readonly string[];
}

type Of<K extends Event['event']> = Extract<Event, { readonly event: K }>;

/**
 * The lowest verbosity at which it is printed: -q prints what is wrong, -v also the steps within an
 * act.
 */
const LOUDNESS: Partial<Record<Event['event'], number>> = {
  failed: -Infinity,
  'after-failed': -Infinity,
  'not-repaired': -Infinity,
  'not-sent': -Infinity,
  broken: -Infinity,
  blocked: -Infinity,
  'left-behind': -Infinity,
  // Without this line the step would not be done.
  'by-hand': -Infinity,
  'managed-elsewhere': -Infinity,
  'key-created': 1,
  'challenge-published': 1,
  'challenge-answered': 1,
  deploying: 1,
};

/** A wait during which something failed is not part of the plan. */
function hasFailed(event: Event): boolean {
  return event.event === 'waiting' && event.reasons.some(({ needs }) => needs !== undefined);
}

export function isTold(event: Event, verbosity: number): boolean {
  return hasFailed(event) || verbosity >= (LOUDNESS[event.event] ?? 0);
}

function insteadText(
  { directory, since }: { readonly directory: string; readonly since: Instant },
  now: Instant,
): string {
  return `orders at ${hostIn(directory)} fail since ${when(since, now)}`;
}

/** What is signed here has a name instead of a URL. */
export const isAtCa = (directory: string): boolean => /^https?:/.test(directory);

/** The host is enough to tell CAs apart. */
export function hostIn(directory: string): string {
  return isAtCa(directory) ? new URL(directory).host : directory;
}

function recordLines({ add, remove }: Of<'published' | 'withdrawn'>): readonly string[] {
  return [...add.map((record) => `+ ${record}`), ...remove.map((record) => `- ${record}`)];
}

function hintsOf(reasons: readonly Reason[]): readonly string[] {
  return [...new Set(reasons.flatMap(({ hint }) => hint ?? []))];
}

type Wait = Pick<Of<'waiting'>, 'until' | 'known' | 'reasons' | 'then'>;

function waiting({ until, known, reasons, then }: Wait, now: Instant): EventText {
  const urgent = reasons.filter(({ needs }) => needs === 'person');
  if (urgent.length > 0) {
    // The wait continues by itself, so the failure comes first.
    const rest = reasons.filter((reason) => !urgent.includes(reason));
    const text = waiting({ until, known, reasons: rest, ...(then && { then }) }, now);
    const [first = '', ...others] = urgent.map(({ because }) => because);
    return {
      words: `needs a person: ${first}`,
      more: [...others, text.words, ...(text.more ?? [])],
      hints: hintsOf([...urgent, ...rest]),
      style: 'bad',
    };
  }
  const [first, ...others] = reasons.map(({ because }) => because);
  // Without a known time, holger waits for an act of a person, and the time is only that of the
  // next try.
  const how = known ? `waiting until ${when(until, now)}` : 'waiting';
  return {
    words: first === undefined ? how : `${how}: ${first}`,
    more: [
      ...others.map((other) => `also: ${other}`),
      ...(then === undefined ? [] : [`then: ${stageWords(then)}`]),
    ],
    hints: hintsOf(reasons),
    style: 'wait',
  };
}

function blocked({ person, reasons }: Of<'blocked'>): EventText {
  const [first = 'no reason is known', ...others] = reasons.map(
    ({ because, rule }) => `${because} (${REASONS[rule].section})`,
  );
  return {
    words: `${person ? 'needs a person' : 'blocked for now'}: ${first}`,
    more: others.map((other) => `also: ${other}`),
    verbatim: reasons.flatMap(({ lines = [] }) => lines),
    hints: hintsOf(reasons).length > 0 ? hintsOf(reasons) : reasons.slice(0, 1).map(explained),
    style: person ? 'bad' : 'wait',
  };
}

const explained = ({ rule }: Reason): string =>
  `${REASONS[rule].todo}; holger explain ${rule} says what it means`;

const hinted = (hint: string | undefined): readonly string[] => (hint === undefined ? [] : [hint]);

const changed = (event: Of<'published' | 'withdrawn'>): EventText => ({
  words: `${event.event} at ${event.owner} (TTL ${formatDuration(event.ttl)}):`,
  verbatim: recordLines(event),
});

type Texts = { readonly [K in Event['event']]: (event: Of<K>, now: Instant) => EventText };

const TEXTS: Texts = {
  rebuilt: (event) => ({
    words:
      `the state documents were lost: ${event.generations} generations found on disk, the ` +
      'rest is observed again',
    style: 'wait',
  }),
  operator: (event) => ({ words: `${event.what}: ${event.detail}` }),
  'key-created': (event) => ({
    words:
      event.request === undefined
        ? `new ${event.keyType} key for generation ${event.generation}`
        : `generation ${event.generation} has the ${event.keyType} key of the request in ${event.request}`,
  }),
  ordered: (event, now) => ({
    words: `ordered at ${hostIn(event.orderUrl)}${event.tryOut ? '' : `: generation ${event.generation}`}`,
    verbatim: [event.orderUrl],
    more: event.insteadOf === undefined ? [] : [insteadText(event.insteadOf, now)],
  }),
  'challenge-published': (event) => ({ words: `challenge published at ${event.owner}` }),
  'wildcard-silent': (event) => ({ words: event.detail, style: 'wait' }),
  'challenge-answered': (event) => ({ words: `challenge answered for ${event.identifier}` }),
  issued: (event, now) => ({
    words: `issued generation ${event.generation}: valid until ${when(event.notAfter, now)}`,
  }),
  taken: (event, now) => ({
    words: `took ${event.from} as generation ${event.generation}: valid until ${when(event.notAfter, now)}`,
  }),
  published: changed,
  withdrawn: changed,
  'by-hand': (event) => ({
    words: `to be changed by hand in zone ${event.zone}, all at once`,
    verbatim: changeLines(event),
    more: event.isWaitedFor ? [] : ['no step waits for it: it only removes what is not needed'],
    style: 'wait',
  }),
  'served-everywhere': (event) => ({ words: `served by every name server: ${event.owner}` }),
  sent: (event) => ({ words: `sent generation ${event.generation} to ${event.target}` }),
  'not-sent': (event) => ({
    words: `failed: ${event.target}: ${event.message}`,
    style: 'bad',
    hints: hinted(event.hint),
  }),
  deploying: (event) => ({ words: `deploying generation ${event.generation}` }),
  deployed: (event) => ({ words: `deployed generation ${event.generation}` }),
  repaired: (event) => ({
    words: `deployed generation ${event.generation} again at ${event.target}${event.differences.length === 0 ? '' : `: ${event.differences.join(', ')}`}`,
  }),
  'not-repaired': (event) => ({
    words: `failed: ${event.target}: ${event.message}`,
    style: 'bad',
    hints: hinted(event.hint),
  }),
  broken: ({ reasons }) => {
    const [first = '', ...others] = reasons.map(({ because }) => because);
    return { words: first, more: others, style: 'bad', hints: hintsOf(reasons) };
  },
  'rolled-back': (event) => ({
    words: `rolled back at all targets: generation ${event.from} could not be deployed everywhere (${event.because}); generation ${event.to} is brought back as generation ${event.generation}`,
    style: 'bad',
  }),
  proven: (event) => ({
    words:
      `proven: every endpoint presents generation ${event.generation} (${event.endpoints} ` +
      'handshakes)',
    style: 'good',
  }),
  'before-run': (event) => ({ words: `before the first order or deployment: ${event.command}` }),
  'after-run': (event) => ({ words: `after the last order or deployment: ${event.command}` }),
  'after-failed': (event) => ({
    words: `failed: ${event.message}`,
    style: 'bad',
    hints: hinted(event.hint),
  }),
  'commands-planned': () => ({ words: 'would call the commands of [run]' }),
  tried: (event, now) => ({
    words:
      `tried: the staging CA ${hostIn(event.directory)} validated every name and issued a ` +
      'certificate',
    more: [
      `it would be valid until ${when(event.notAfter, now)}, but no client trusts it`,
      'the TXT records were withdrawn; nothing was kept, published or deployed',
    ],
    style: 'good',
  }),
  planned: (event) => ({ words: `would ${event.step}` }),
  waiting: waiting,
  blocked: blocked,
  done: (event, now) => ({
    words: `done: nothing is due before ${when(event.until, now)}`,
    style: 'good',
  }),
  deleted: (event) => ({
    words:
      event.archive === undefined
        ? 'deleted'
        : `deleted: its keys and chains are in ${event.archive}; files at deploy targets were ` +
          'not changed',
    style: 'good',
  }),
  renamed: (event) => ({
    words: `renamed: it was "${event.from}", and keeps its keys, records and history`,
    more:
      event.replaced === undefined
        ? []
        : [`keys that were made under the new name and never used are in ${event.replaced}`],
    ...(event.oldLive === undefined || event.live === undefined
      ? {}
      : {
          hints: [
            `services that read ${event.oldLive} continue to work; let them read ${event.live}, ` +
              'then remove the old folder',
          ],
        }),
    style: 'good',
  }),
  'left-behind': (event) => ({
    words: `left behind: ${event.because}`,
    verbatim: event.records,
    hints: [event.hint],
    style: 'wait',
  }),
  'managed-elsewhere': (event) => ({
    words: `another client manages this certificate: ${event.because}`,
    hints: [event.hint],
    style: 'bad',
  }),
  failed: (event) => ({
    words: `failed: ${event.message}`,
    style: 'bad',
    hints: hinted(event.hint),
  }),
};

/** What happened, without its certificate and time. */
export function eventText(event: Event, now: Instant): EventText {
  return textOf(event.event, event, now);
}

function textOf<K extends Event['event']>(kind: K, event: Of<K>, now: Instant): EventText {
  return TEXTS[kind](event, now);
}
