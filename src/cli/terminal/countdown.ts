// While a command runs: one line that is rewritten in place on a terminal. It counts down the wait
// of `--wait`, or shows where many certificates are. Elsewhere, with -v, the wait has a line now
// and then.
import type { Instant } from '../../base/clock.ts';
import { formatInstant } from '../../base/clock.ts';
import { formatDuration } from '../../base/duration.ts';
import type { Event } from '../../engine/events.ts';
import { stageWords } from '../../rollover/forecast/explain.ts';
import type { Invocation } from './io.ts';
import type { Progress } from './progress.ts';
import { currentWidth } from './render.ts';

const TICK_MS = 1_000;
/**
 * Where lines are not rewritten: often enough to show that the run is alive, rare enough for a log.
 */
const LINE_EVERY_MS = 600_000;

type Waiting = Extract<Event, { readonly event: 'waiting' }>;

interface Countdown {
  see(event: Event): void;
  /** Removes the line. */
  stop(): void;
}

/** The wait that ends first, and the number of others. */
function words(waits: readonly Waiting[], now: Instant): string {
  const [first] = [...waits].sort((a, b) => a.until - b.until);
  if (first === undefined) return '';
  const { certificate, until, known, then, reasons } = first;
  const left = formatDuration(Math.max(0, until - now));
  const time = known
    ? `${left} left, until ${formatInstant(until).slice(11)}`
    : `next check in ${left}`;
  const what = then === undefined ? reasons[0]?.because : `then: ${stageWords(then)}`;
  const others = waits.length > 1 ? ` (and ${waits.length - 1} more)` : '';
  return `${certificate} waits, ${time}${others}${what === undefined ? '' : `; ${what}`}`;
}

function nextIn(waits: readonly Waiting[], now: Instant): string {
  const next = Math.min(...waits.map(({ until }) => until));
  return waits.length === 0 ? '' : `; next in ${formatDuration(Math.max(0, next - now))}`;
}

function createCountdown(
  { options, io }: Invocation,
  { progress, waits: countsDown = true }: CountdownOptions,
): Countdown {
  const { rewrite } = io;
  const waits = new Map<string, Waiting>();
  const tick = (): void => {
    const now = io.now();
    const open = countsDown ? [...waits.values()] : [];
    const isMany = rewrite !== undefined && progress?.isMany === true;
    const text = isMany ? `${progress.line}${nextIn(open, now)}` : words(open, now);
    // The terminal would break a line that is too long, and it could not be rewritten.
    if (rewrite !== undefined) rewrite(text.slice(0, currentWidth() - 1));
    else if (text !== '') io.err(`${formatInstant(now).slice(11)} ${text}\n`);
  };
  const isShown = !options.json && options.verbosity >= (rewrite === undefined ? 1 : 0);
  const timer = isShown
    ? setInterval(tick, rewrite === undefined ? LINE_EVERY_MS : TICK_MS)
    : undefined;
  timer?.unref();
  return {
    see(event) {
      progress?.see(event);
      if (event.event === 'waiting') waits.set(event.certificate, event);
      else if (event.certificate !== '') waits.delete(event.certificate);
    },
    stop() {
      clearInterval(timer);
      if (isShown) rewrite?.('');
    },
  };
}

type Tell = (event: Event) => void;

export interface CountdownOptions {
  /** Of a command about many certificates: then all of them have one line together. */
  readonly progress?: Progress;
  /** Count down the wait of a few. Default: true. */
  readonly waits?: boolean;
}

/** Prints each event, and counts down between events. */
export async function countingDown<T>(
  tell: Tell,
  invocation: Invocation,
  act: (tell: Tell) => Promise<T>,
  options: CountdownOptions = {},
): Promise<T> {
  const countdown = createCountdown(invocation, options);
  try {
    return await act((event) => {
      countdown.see(event);
      tell(event);
    });
  } finally {
    countdown.stop();
  }
}
