// The first words of an event carry the news.
import { expect, it } from 'vitest';
import { eventText, isTold } from '../../src/cli/certificates/event-text.ts';
import { wayText } from '../../src/cli/certificates/way-text.ts';
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

it('an issuer that signs here is named by its id, a CA by its host', () => {
  const words = (orderUrl: string): string => {
    const event: Event = {
      ...{ event: 'ordered', at: NOW, certificate: 'mx1', generation: 1, orderUrl },
    };
    return eventText(event, NOW).words;
  };
  expect(words('https://ca.example:14000/order/1')).toBe(
    'ordered at ca.example:14000: generation 1',
  );
  expect(words('private-ca:office/1')).toBe('ordered at private-ca:office/1: generation 1');
});

it('a dry run says that a certificate is signed here', () => {
  const planned = (directory: string): string =>
    wayText(
      {
        ...{ event: 'planned', at: NOW, certificate: 'mx1', step: 'order', targets: [] },
        way: [{ stage: 'order', at: NOW, generation: 2, domains: ['mx1.example.org'], directory }],
      },
      NOW,
    );
  expect(planned('private-ca:office')).toContain(
    'make the certificate of generation 2 and sign it',
  );
  expect(planned('http://127.0.0.1:14000/dir')).toContain('prove its names in DNS');
});
