// `history`: what happened to a certificate, oldest first, as `run` printed it then.
import { formatInstant } from '../../base/clock.ts';
import type { ExitStatus } from '../../base/errors.ts';
import type { OpenApp } from '../../app/use-cases/commands.ts';
import { eventJson } from '../../engine/event-json.ts';
import type { Event } from '../../engine/events.ts';
import { withApp } from '../session.ts';
import type { Invocation } from '../terminal/io.ts';
import { jsonDocument, paragraph } from '../terminal/render.ts';
import { styled } from '../terminal/style.ts';
import { isTold } from './event-text.ts';
import { eventLines } from './run.ts';

const dayOf = ({ at }: Event): string => formatInstant(at).slice(0, 10);

/** What a later version has written, or a hand has changed, has its kind at least. */
function tolerantly<T>(work: () => T, otherwise: () => T): T {
  try {
    return work();
  } catch {
    return otherwise();
  }
}

/** Times in it are as far away as they were then. */
function linesOf(event: Event): string {
  return tolerantly(
    () => eventLines({ ...event, certificate: '' }, event.at),
    () => paragraph(event.event, `${formatInstant(event.at).slice(11)} `),
  );
}

/** Not every kind is known here. */
function isShown(event: Event, verbosity: number): boolean {
  return tolerantly(
    () => isTold(event, verbosity),
    () => true,
  );
}

function historyText(events: readonly Event[]): string {
  let day = '';
  return events
    .map((event) => {
      const head = dayOf(event) === day ? '' : `${styled('strong', dayOf(event))}\n`;
      day = dayOf(event);
      return head + linesOf(event);
    })
    .join('');
}

export async function historyCommand(
  name: string,
  open: OpenApp,
  invocation: Invocation,
): Promise<ExitStatus> {
  const { options, io } = invocation;
  const events = await withApp(open, invocation, (app) => app.history(name));
  if (options.json) {
    io.out(jsonDocument({ certificate: name, events: events.map(eventJson) }));
    return 0;
  }
  const told = events.filter((event) => isShown(event, Math.max(0, options.verbosity)));
  io.out(told.length === 0 ? `nothing has happened to ${name} yet\n` : historyText(told));
  return 0;
}
