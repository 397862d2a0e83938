// The demo's timeline: holger's own NDJSON events in one line each, and a wait only when it is a
// new one.

import type { HolgerEvent } from './holger.ts';

/**
 * Returns what to do with each event; calls of holger come every second, so the same wait is seen
 * again and again.
 */
export function timeline(print: (text: string) => void): (event: HolgerEvent) => void {
  const waits = new Map<string, string>();
  return (event) => {
    if (event.event === 'summary' || event.event === 'planned') return;
    const certificate = word(event['certificate']).padEnd(4);
    const rules = reasons(event).map((reason) => reason.rule);
    const isWait = event.event === 'waiting' || event.event === 'blocked';
    const key = isWait ? [...new Set(rules)].join() : '';
    if (isWait && waits.get(certificate) === key) return;
    waits.set(certificate, key);
    print(`${certificate}  ${describe(event)}`);
  };
}

function describe(event: HolgerEvent): string {
  switch (event.event) {
    case 'published':
    case 'withdrawn': {
      const added = texts(event['add']).map((record) => `+ ${shorten(record)}`);
      const removed = texts(event['remove']).map((record) => `- ${shorten(record)}`);
      return `${event.event} at ${word(event['owner'])}: ${[...added, ...removed].join(', ')}`;
    }
    case 'waiting':
    case 'blocked': {
      // Several versions of one RRset give the same reason; the last one is the one that is waited
      // for.
      return `${event.event}: ${reasons(event).at(-1)?.because ?? ''}`;
    }
    default: {
      const about = ['generation', 'owner', 'identifier', 'endpoints', 'notAfter', 'message'];
      const known = about.filter((name) => event[name] !== undefined);
      return [event.event, ...known.map((name) => `${name} ${word(event[name])}`)].join('  ');
    }
  }
}

interface Reason {
  readonly rule: string;
  readonly because: string;
}

const reasons = (event: HolgerEvent): Reason[] =>
  list(event['reasons']).map((reason) => {
    const { rule, because } = reason as Partial<Reason>;
    return { rule: rule ?? '', because: because ?? '' };
  });

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const texts = (value: unknown): string[] => list(value).map(word);
const word = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';
const shorten = (record: string): string => record.replace(/([\da-f]{8})[\da-f]{24,}$/i, '$1…');
