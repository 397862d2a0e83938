// The message of `holger notify test`: it has the form of a real message but cannot be mistaken for
// one.
import { formatInstant } from '../base/clock.ts';
import type { Notice } from '../ports/notifier.ts';
import type { Occasion } from './message.ts';

export function testNotice({ id, at, host }: Occasion): Notice {
  const when = formatInstant(at);
  return {
    ...{ id, at },
    subject: `[holger] TEST from ${host}`,
    text: `This is a test of holger's notifications. Nothing is wrong, and there is nothing to do.\n\n${when}, holger notify test on ${host}\n`,
    document: { ...{ schema: 1, id, at: when, host, severity: 'ok' }, news: [{ change: 'test' }] },
  };
}
