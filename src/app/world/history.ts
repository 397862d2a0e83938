// Events on their way to the history of their certificate, and back.
import { reasonOf } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { Event } from '../../engine/events.ts';
import { News } from '../../engine/news.ts';
import type { History } from '../../ports/history.ts';

/** A dry run, and what a dry run says. */
const PLANS: ReadonlySet<Event['event']> = new Set(['planned', 'commands-planned']);

/** Every event that is news is appended; a history that cannot be written changes no result. */
export function recording(
  emit: (event: Event) => void,
  history: History,
  log: Logger,
): (event: Event) => void {
  const news = new News();
  let hasFailed = false;
  const record = (event: Event): void => {
    const { certificate } = event;
    if (certificate === '' || PLANS.has(event.event)) return;
    const before = (): Event | undefined => eventFrom(history.last(certificate));
    if (news.isNews(event, before)) history.append(certificate, event);
  };
  return (event) => {
    emit(event);
    try {
      record(event);
    } catch (error) {
      if (!hasFailed) log.warn('history not stored', { detail: reasonOf(error) });
      hasFailed = true;
    }
  };
}

/** Of a certificate that had another name: from before it got this one as well. */
export function eventsOf(certificate: string, history: History): readonly Event[] {
  const own = history.read(certificate).flatMap((entry) => eventFrom(entry) ?? []);
  const renamed = own.find((event) => event.event === 'renamed');
  if (renamed?.event !== 'renamed' || renamed.from === certificate) return own;
  const before = history.read(renamed.from).flatMap((entry) => eventFrom(entry) ?? []);
  return [...before.filter(({ at }) => at <= renamed.at), ...own];
}

/** The fields of all events; those of one kind are not checked, and a later version has others. */
function eventFrom(entry: unknown): Event | undefined {
  const { event, certificate, at } = (entry ?? {}) as Partial<Event>;
  const isEvent =
    typeof event === 'string' && typeof certificate === 'string' && Number.isFinite(at);
  return isEvent ? (entry as Event) : undefined;
}
