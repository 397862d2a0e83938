// Which events are news to a reader who has seen those before: a process that stays, or a timer,
// comes to the same result again and again while a certificate waits.
import type { Event } from './events.ts';

/** How a look ends. All that is in neither list happened once. */
const RESULTS: ReadonlySet<Event['event']> = new Set(['waiting', 'blocked', 'done', 'failed']);
/** Found beside it, as often as it is looked at. */
const FINDINGS: ReadonlySet<Event['event']> = new Set([
  ...(['left-behind', 'managed-elsewhere', 'not-repaired'] as const),
]);
/** Of one certificate; messages may differ each time. */
const MOST_FINDINGS = 20;

/** Equal for two results that say the same; their times differ with each look. */
function gistOf(event: Event): string {
  switch (event.event) {
    case 'waiting':
    case 'blocked':
      return JSON.stringify([
        event.event,
        event.reasons.map(({ rule, because }) => [rule, timeless(because)]),
      ]);
    case 'failed':
    case 'not-repaired':
      return JSON.stringify([event.event, event.code, timeless(event.message)]);
    case 'left-behind':
      return JSON.stringify([event.event, event.owner, event.records]);
    default:
      return event.event;
  }
}

/** Without lengths of time, dates and counts, which pass while nothing changes. */
const timeless = (words: string): string =>
  words.replace(/(\d+[dhms] ?)+/g, '#').replace(/\d+/g, '#');

/** Of one certificate. */
interface Told {
  /** Absent: something happened since then. */
  result?: string;
  readonly findings: Set<string>;
}

export class News {
  readonly #told = new Map<string, Told>();

  /** `before`: what another process reported last about the certificate. */
  isNews(event: Event, before?: () => Event | undefined): boolean {
    const { certificate } = event;
    const told = this.#told.get(certificate);
    // Thousands are idle: nothing is looked up for them.
    if (event.event === 'done' && told === undefined) return false;
    const known = told ?? firstOf(before?.());
    this.#told.set(certificate, known);
    if (FINDINGS.has(event.event)) return isNewIn(known.findings, gistOf(event));
    if (!RESULTS.has(event.event)) {
      delete known.result;
      return true;
    }
    const gist = gistOf(event);
    if (known.result === gist) return false;
    known.result = gist;
    return true;
  }
}

function firstOf(before: Event | undefined): Told {
  const findings = new Set<string>();
  if (before === undefined) return { findings };
  if (FINDINGS.has(before.event)) return { findings: findings.add(gistOf(before)) };
  return RESULTS.has(before.event) ? { result: gistOf(before), findings } : { findings };
}

function isNewIn(findings: Set<string>, gist: string): boolean {
  if (findings.has(gist)) return false;
  if (findings.size >= MOST_FINDINGS) findings.clear();
  findings.add(gist);
  return true;
}
