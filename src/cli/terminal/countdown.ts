// While `--wait` waits: one line that counts down, rewritten in place on a terminal; elsewhere,
// with -v, a line now and then.
import type { Instant } from '../../base/clock.ts';
import { formatInstant } from '../../base/clock.ts';
import { formatDuration } from '../../base/duration.ts';
import type { Event } from '../../engine/events.ts';
import { stageWords } from '../../rollover/forecast/explain.ts';
import type { Invocation } from './io.ts';
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

function createCountdown({ options, io }: Invocation): Countdown {
  const { rewrite } = io;
  const waits = new Map<string, Waiting>();
  const tick = (): void => {
    const text = words([...waits.values()], io.now());
    // The terminal would break a line that is too long, and it could not be rewritten.
    if (rewrite !== undefined) rewrite(text.slice(0, currentWidth() - 1));
    else if (text !== '') io.err(`${formatInstant(io.now()).slice(11)} ${text}\n`);
  };
  const isShown = !options.json && options.verbosity >= (rewrite === undefined ? 1 : 0);
  const timer = isShown
    ? setInterval(tick, rewrite === undefined ? LINE_EVERY_MS : TICK_MS)
    : undefined;
  timer?.unref();
  return {
    see(event) {
      if (event.event === 'waiting') waits.set(event.certificate, event);
      else if (event.certificate !== '') waits.delete(event.certificate);
    },
    stop() {
      clearInterval(timer);
      if (isShown) rewrite?.('');
    },
  };
}

/** Prints each event, and counts down between events. */
export async function countingDown<T>(
  tell: (event: Event) => void,
  invocation: Invocation,
  act: (tell: (event: Event) => void) => Promise<T>,
): Promise<T> {
  const countdown = createCountdown(invocation);
  try {
    return await act((event) => {
      countdown.see(event);
      tell(event);
    });
  } finally {
    countdown.stop();
  }
}
