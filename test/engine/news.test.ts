// What a process that stays reports, of all that its rounds come to.
import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/engine/events.ts';
import { News } from '../../src/engine/news.ts';
import { nextLookAt } from '../../src/engine/next-look.ts';
import { AppError } from '../../src/base/errors.ts';
import { NOW } from '../support/ca.ts';

const base = { certificate: 'mx1', at: NOW };
const waiting = (until: number, rule = 'cached-nowhere', because = 'caches'): Event =>
  ({
    ...{ ...base, event: 'waiting', until, known: true },
    reasons: [{ rule, because }],
  }) as Event;
const done: Event = { ...base, event: 'done', until: NOW + 10 };
const failed = (message: string): Event => ({
  ...{ ...base, event: 'failed', code: 'DNS_TIMEOUT', message, exit: 3 },
});
const deployed: Event = { ...base, event: 'deployed', generation: 2 };
const told = (...events: readonly Event[]): string[] => {
  const news = new News();
  return events.filter((event) => news.isNews(event)).map(({ event }) => event);
};

describe('news', () => {
  it('the same wait is told once, whatever its times', () => {
    const since = (time: string) => waiting(1, 'served-everywhere', `not served for ${time}`);
    expect(told(waiting(1), waiting(2))).toEqual(['waiting']);
    expect(told(since('59m 3s'), since('1h'), since('1d 2h'))).toEqual(['waiting']);
    expect(told(waiting(1), waiting(1, 'cached-nowhere', 'another owner'))).toHaveLength(2);
    expect(told(waiting(1), waiting(1, 'served-everywhere'))).toHaveLength(2);
  });

  it('a failure is told again when it is another one, or after success', () => {
    expect(told(failed('a'), failed('a'), failed('b'))).toHaveLength(2);
    expect(told(failed('a'), done, failed('a'))).toEqual(['failed', 'done', 'failed']);
  });

  it('what happened once is always told, and the wait after it as well', () => {
    expect(told(waiting(1), deployed, deployed, waiting(1))).toHaveLength(4);
  });

  it('an idle certificate is not mentioned before something happened to it', () => {
    expect(told(done, done)).toEqual([]);
    expect(told(deployed, done, done)).toEqual(['deployed', 'done']);
  });

  it('findings beside a result are told once each, and do not make the result news', () => {
    const left = (owner: string): Event => ({
      ...{ ...base, event: 'left-behind', owner, records: [], because: '', hint: '' },
    });
    const both = [left('a.'), left('b.'), waiting(1)];
    expect(told(...both, ...both)).toHaveLength(3);
  });

  it('knows what another process told last, and asks only when there is something to compare', () => {
    const news = new News();
    const asked: string[] = [];
    const before = (): Event => (asked.push('x'), waiting(1));
    expect(news.isNews(done, before)).toBe(false);
    expect(asked).toEqual([]);
    expect(news.isNews(waiting(2), before)).toBe(false);
    expect(news.isNews(waiting(3), before)).toBe(false);
    expect(asked).toHaveLength(1);
  });
});

describe('the next look', () => {
  const wait = (until: number) =>
    nextLookAt({ standing: { kind: 'wait', until, known: true, reasons: [] }, exit: 0 }, NOW);
  const failure = (code: 'LOCKED' | 'DNS_TIMEOUT', notBefore?: number) =>
    nextLookAt({ failure: new AppError(code, '', { notBefore }), exit: 3 }, NOW);

  it('is when the plan says, and not within seconds', () => {
    expect(wait(NOW + 300)).toBe(NOW + 300);
    expect(wait(NOW - 300)).toBe(NOW + 15);
  });

  it('of a failure is the time that it names, after a minute at least', () => {
    expect(failure('DNS_TIMEOUT', NOW + 300)).toBe(NOW + 300);
    expect(failure('DNS_TIMEOUT', NOW)).toBe(NOW + 60);
    expect(failure('DNS_TIMEOUT')).toBe(Infinity);
  });

  it('of a certificate on which another process works is a minute later', () => {
    expect(failure('LOCKED')).toBe(NOW + 60);
  });

  it('of one that is blocked has no time', () => {
    const standing = { kind: 'blocked', person: true, reasons: [] } as const;
    expect(nextLookAt({ standing, exit: 4 }, NOW)).toBe(Infinity);
  });
});
