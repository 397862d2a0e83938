// An event as JSON: times are texts, and each reason has its rule or RFC section.
import { withTimes } from '../base/json-times.ts';
import { REASONS } from '../rollover/reasons.ts';
import type { Reason } from '../rollover/reasons.ts';
import type { Event } from './events.ts';

const SECTIONS: Readonly<Record<string, { readonly section: string }>> = REASONS;

/** Also of an event that was stored by a later version, or changed by hand. */
export function eventJson(event: Event): Record<string, unknown> {
  const json = withTimes(event) as Record<string, unknown>;
  if (!('reasons' in event) || !Array.isArray(event.reasons)) return json;
  const reasons = (event.reasons as readonly Reason[]).map((reason) => ({
    ...(withTimes(reason) as object),
    section: SECTIONS[reason.rule]?.section,
  }));
  return { ...json, reasons };
}
