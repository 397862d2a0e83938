// The first words of an event carry the news.
import { expect, it } from 'vitest';
import { eventText, isTold } from '../../src/cli/certificates/event-text.ts';
import type { Event } from '../../src/engine/events.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z') / 1000;

it('K43: what needs a person beside a planned wait comes first, and is printed with -q', () => {
  const event: Event = {
    ...{ event: 'waiting', at: NOW, certificate: 'mx1', until: NOW + 7200, known: true },
    reasons: [
      { rule: 'old-records-stay', because: 'old records stay', until: NOW },
      {
        rule: 'only-the-new-chain',
        because: 'mx1 presents another one',
        hint: 'switch that off',
        needs: 'person',
      },
    ],
  };
  const { words, more, hints } = eventText(event, NOW);
  expect(words).toBe('needs a person: mx1 presents another one');
  expect(more?.join()).toMatch(/^waiting until .*: old records stay/);
  expect(hints).toEqual(['switch that off']);
  expect(isTold(event, -1)).toBe(true);
});
