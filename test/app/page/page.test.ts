// The page of `holger serve`: what it shows, in which order, and that no text of others becomes
// part of its HTML.
import { describe, expect, it } from 'vitest';
import { certificatePage } from '../../../src/app/page/certificate-page.ts';
import { listPage } from '../../../src/app/page/list-page.ts';
import { inOrder, pageRowOf, select } from '../../../src/app/page/rows.ts';
import { STYLE } from '../../../src/app/page/style.ts';
import { Snapshot } from '../../../src/app/serve/snapshot.ts';
import type { CertificateStatus } from '../../../src/app/status/certificate-status.ts';
import { eventText } from '../../../src/cli/certificates/event-text.ts';
import type { Event } from '../../../src/engine/events.ts';
import type { PageQuery } from '../../../src/web/served.ts';
import { NOW } from '../../rollover/world.ts';
import { eventsWith, idle, statusWith } from './samples.ts';

const DAY = 86_400;
const HOSTILE = `"'><script>alert(1)</script><img src=x onerror=alert(1)>&amp;</pre></li>\u202e\u0000\`{{x}}`;

const list = (all: readonly CertificateStatus[], query: PageQuery = {}, late?: string): string => {
  const rows = inOrder(all.map(pageRowOf));
  return listPage(select(rows, query), { version: '1', now: NOW, at: NOW - 60, late });
};

const page = (
  status: CertificateStatus,
  events: readonly Event[] = [],
  { isWhole = false, wording = eventText } = {},
): string =>
  certificatePage({ status, at: NOW - 60 }, { version: '1', now: NOW, wording, events, isWhole });

/** The names in the first column of the list. */
const namesIn = (html: string): readonly string[] =>
  [...html.matchAll(/<th scope="row"><a href="\/certificates\/[^"]*">([^<]*)/g)].map(
    ([, name = '']) => name,
  );

/** Tags with the names of their attributes: the whole of what a browser would act on. */
const structureOf = (html: string): readonly string[] =>
  [...html.matchAll(/<[^>]*>/g)].map(([tag]) => tag.replace(/="[^"]*"/g, '='));

const textOf = (html: string): string =>
  html
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replace(/\s+/g, ' ');

describe('the list', () => {
  const person = { ...idle('person'), phase: 'needs a person' };
  const { trouble } = statusWith('no answer');
  const failed = { ...idle('failed'), ...(trouble && { trouble }) };
  const { trouble: _none, ...moving } = statusWith('a cache may hold it', 'moving');
  const all = [idle('later'), idle('sooner', NOW + DAY), moving, failed, person];

  it('has what needs a person first, then failures, and what ends first within a state', () => {
    expect(namesIn(list(all))).toEqual(['person', 'failed', 'moving', 'sooner', 'later']);
    const gone = { ...idle('none yet'), notAfter: undefined };
    expect(namesIn(list([...all, gone])).at(3)).toBe('none yet');
  });

  it('has phase, end with distance, next step, and what it waits for', () => {
    const text = textOf(list([moving, idle('x')]));
    expect(text).toContain(
      'moving waiting 2026-12-11 12:00:00 (in 20d) in 2h: a cache may hold it a cache may hold it',
    );
    expect(text).toContain('x idle 2026-12-31 12:00:00 (in 40d) in 9d: renewal the next renewal');
    expect(textOf(list([failed]))).toContain('failed failed 2026-12-31');
    expect(textOf(list([failed]))).toContain('no answer');
    expect(textOf(list([idle('old', NOW - DAY)]))).toContain('EXPIRED 1d ago');
    expect(textOf(list([]))).toContain('The configuration has no certificate');
  });

  it('finds by name and by domain, without regard to case, and by state', () => {
    expect(namesIn(list(all, { q: ' SOONER.example ' }))).toEqual(['sooner']);
    expect(namesIn(list(all, { q: 'er', state: 'idle' }))).toEqual(['sooner', 'later']);
    expect(namesIn(list(all, { state: 'needs a person' }))).toEqual(['person']);
    expect(namesIn(list(all, { state: 'under way' }))).toEqual(['moving']);
    expect(namesIn(list(all, { state: 'no such state' }))).toHaveLength(5);
    const none = list(all, { q: 'nothing like it' });
    expect(namesIn(none)).toEqual([]);
    expect(none).toContain('No certificate matches');
    expect(none).toContain('value="nothing like it"');
  });

  it('counts what the search finds in each state, with a link to it', () => {
    const html = list(all, { q: 'er', state: 'idle' });
    expect(html).toContain('<a href="/?q=er">all: 3</a>');
    expect(html).toContain('<a href="/?q=er&amp;state=idle" aria-current="true">idle: 2</a>');
    expect(html).toContain('<a href="/?q=er&amp;state=needs+a+person">needs a person: 1</a>');
    expect(html).toContain('<option value="idle" selected>');
  });

  it('shows 200 of 10,000 at a time, at once', () => {
    const rows = inOrder(
      Array.from({ length: 10_000 }, (_, at) => pageRowOf(idle(`c${at}`, NOW + at))),
    );
    const shown = (query: PageQuery): string =>
      listPage(select(rows, query), { version: '1', now: NOW, at: NOW, late: undefined });
    const first = shown({});
    expect(namesIn(first)).toHaveLength(200);
    expect(namesIn(first)[0]).toBe('c0');
    expect(first).toContain('Certificates 1 to 200 of 10,000');
    expect(first).toContain('Page 1 of 50');
    expect(first).toContain('<a href="/?page=2" rel="next">');
    expect(first).not.toContain('rel="prev"');
    const last = shown({ page: '50', q: 'c' });
    expect(last).toContain('Certificates 9,801 to 10,000 of 10,000');
    expect(last).toContain('<a href="/?q=c&amp;page=49" rel="prev">');
    expect(last).not.toContain('rel="next"');
    for (const page of ['51', '999999999']) expect(shown({ page })).toContain('Page 50 of 50');
    for (const page of ['0', '-1', '1e1', 'x']) expect(shown({ page })).toContain('Page 1 of 50');
    const began = performance.now();
    for (let round = 0; round < 10; round += 1) shown({ q: '99', state: 'idle' });
    expect((performance.now() - began) / 10).toBeLessThan(200);
  });

  it('says when rounds are late, and how old it is', () => {
    expect(textOf(list(all, {}, 'a round was due'))).toContain(
      'holger serve is late: a round was due',
    );
    expect(textOf(list(all))).toContain('As of 2026-11-21 11:59:00 (1m ago)');
    expect(list(all)).not.toContain('is late');
  });
});

describe('the page of a certificate', () => {
  it('has every reason with its rule, section, records and hint', () => {
    const status: CertificateStatus = {
      ...idle('mx1'),
      reasons: [
        {
          ...{ rule: 'cached-nowhere', section: 'RFC 7671 §8.1', because: 'it may be cached' },
          ...{ until: NOW + 7200, hint: 'wait' },
        },
        {
          ...{ rule: 'all-go-back', section: 'docs/laws.md, rule 26', because: 'a target failed' },
          lines: ['3 1 1 ab'],
        },
      ],
      hints: ['wait', 'call the CA'],
    };
    const html = page(status);
    const text = textOf(html);
    expect(text).toContain(
      'it may be cached rule cached-nowhere ( RFC 7671 §8.1 ); not before 2026-11-21 14:00:00 (in 2h)',
    );
    expect(html).toContain(
      '<a href="https://www.rfc-editor.org/rfc/rfc7671#section-8.1" rel="noreferrer">',
    );
    expect(text).toContain('a target failed rule all-go-back (docs/laws.md, rule 26)');
    expect(html).toContain('<pre>3 1 1 ab</pre>');
    expect(text.match(/hint: wait/g)).toHaveLength(1);
    expect(text).toContain('hint: call the CA');
  });

  it('has the failure, changes by hand, endpoints, records and targets', () => {
    const text = textOf(page(statusWith('TEXT')));
    for (const part of [
      'DNS_TIMEOUT (2 times in a row): TEXT hint: TEXT',
      '+ _25._tcp.mx1.example.org. 60 IN TLSA TEXT',
      '1 of 2 endpoints present the live generation : TEXT',
      '192.0.2.25 TEXT 2026-11-21 11:59:00 (1m ago) no answer: TEXT',
      '2001:db8::25 nothing known never -',
      'No answer from TEXT.',
      'TEXT yes nowhere holger',
      '3 1 1 ab no, to be withdrawn everywhere holger',
      '3 1 1 cd no somewhere others',
      'no new orders until 2026-11-22 12:00:00 (in 1d): TEXT',
      'revoked, compromised',
    ]) {
      expect(text).toContain(part);
    }
  });

  it('shows the rollover by time: what happened, now, and what is planned', () => {
    const html = page(statusWith('TEXT'), eventsWith('TEXT'));
    const items = [...html.matchAll(/<li class="(past|now|future)">(.*?)<\/li>/gs)].map(
      ([, kind = '', item = '']) => `${kind} ${textOf(item).trim()}`,
    );
    expect(items.slice(0, 5)).toEqual([
      expect.stringMatching(/^past 2026-11-20 12:00:00 .*generation 2/),
      expect.stringMatching(/^past 2026-11-20 12:00:00 issued generation 2/),
      'past 2026-11-21 10:00:00 published at _25._tcp.mx1.example.org. (TTL 1m)',
      'past 2026-11-21 11:00:00 failed: TEXT',
      'now 2026-11-21 12:00:00 now: waiting, waits for TEXT',
    ]);
    expect(items[5]).toBe('future next: wait until 2026-11-21 14:00:00 (in 2h): TEXT');
    expect(items[7]).toBe('future about 2026-11-21 14:00:00 (in 2h): deploy generation 2');
    expect(items.at(-1)).toMatch(/^future about .* nothing until the next renewal, 2027-01-20/);
    expect(items).toHaveLength(5 + 6);
  });

  it('an idle one shows its last rollover, and not the key that was made ahead', () => {
    const html = page(idle('mx1'), eventsWith('TEXT'));
    expect(html.match(/<li class="past">/g)).toHaveLength(6);
  });

  it('has its history, newest first, and all of it on request', () => {
    const many = Array.from({ length: 150 }, (_, at): Event => ({
      ...{ at: NOW - 9000 + at, certificate: 'mx1', event: 'operator' },
      ...{ what: 'x', detail: `number ${at}` },
    }));
    const short = page(idle('mx1'), many);
    const history = (html: string): string => html.slice(html.indexOf('id="history"'));
    expect(history(short).indexOf('number 149')).toBeLessThan(history(short).indexOf('number 148'));
    expect(history(short)).not.toContain('number 49');
    expect(short).toContain('reversed start="150"');
    expect(short).toContain(
      '<a href="/certificates/mx1?history=all#history">50 earlier events</a>',
    );
    expect(history(page(idle('mx1'), many, { isWhole: true }))).toContain('number 0');
  });

  it('an event of a later version has its kind at least', () => {
    const later = { at: NOW, certificate: 'mx1', event: 'of-later' } as unknown as Event;
    expect(textOf(page(idle('mx1'), [later]))).toContain('2026-11-21 12:00:00 of-later');
  });
});

describe('what the page has of the last round', () => {
  it('is the status as it was, also where a text looks like a time', () => {
    const snapshot = new Snapshot();
    const status = { ...statusWith('2026-11-21T14:05:00Z'), generation: undefined };
    snapshot.take(status, NOW);
    expect(snapshot.rows()).toBeUndefined();
    snapshot.finish(NOW + 1);
    expect(snapshot.rows()).toEqual({ rows: [pageRowOf(status)], at: NOW + 1 });
    expect(snapshot.seen('mx1')).toMatchObject({ at: NOW });
    expect(snapshot.seen('mx1')?.status).toEqual(status);
    expect(snapshot.seen('mx1')?.status).not.toHaveProperty('generation', null);
    expect(snapshot.seen('mx2')).toBeUndefined();
  });

  it('shows an end that is not known as a dash', () => {
    const snapshot = new Snapshot();
    const way = [{ stage: 'rest', at: NOW, until: Infinity } as const];
    snapshot.take({ ...idle('mx1'), until: Infinity, way }, NOW);
    const status = snapshot.seen('mx1')?.status ?? idle('none');
    expect(textOf(page(status))).toContain('Until -');
    expect(textOf(page(status))).toContain('nothing more');
  });
});

describe('no text of others becomes HTML', () => {
  it('in the page of a certificate', () => {
    const tame = page(statusWith('x'), eventsWith('x'));
    const hostile = page(statusWith(HOSTILE), eventsWith(HOSTILE));
    expect(structureOf(hostile)).toEqual(structureOf(tame));
    expect(hostile).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(hostile).not.toMatch(/\u202e|\u0000/);
  });

  it('in the list, its form and its links', () => {
    const tame = list([statusWith('x', 'x')], { q: 'x' });
    const hostile = list([statusWith(HOSTILE, HOSTILE)], { q: HOSTILE });
    expect(structureOf(hostile)).toEqual(structureOf(tame));
    expect(hostile).toContain('&lt;script&gt;');
  });

  it('as the name of a certificate', () => {
    const other = idle(`a/../b?c#"><x`);
    expect(structureOf(page(other))).toEqual(structureOf(page(idle('mx1'))));
    expect(list([other])).toContain('href="/certificates/a%2F..%2Fb%3Fc%23%22%3E%3Cx"');
  });
});

it('pages have a language, a title, one heading, a skip link, and heads that say what they head', () => {
  for (const html of [list([idle('x')]), page(statusWith('x'), eventsWith('x'))]) {
    expect(html).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(html).toMatch(/<title>[^<]+<\/title>/);
    expect(html.match(/<h1>/g)).toHaveLength(1);
    expect(html).toContain('<a class="skip" href="#main">');
    expect(html).toContain('<main id="main"');
    expect(html).not.toMatch(/<th>|<th (?!scope="(col|row)")|<script|<style|style=| on[a-z]+="/);
    // Nothing is loaded from elsewhere.
    expect(html.match(/<(link|img|iframe|object|script|source)[^>]*>/g)).toEqual([
      '<link rel="stylesheet" href="/style.css">',
    ]);
    expect(balanceOf(html)).toEqual([]);
  }
});

/** Tags that are not closed, or not in order. */
function balanceOf(html: string): readonly string[] {
  const open: string[] = [];
  for (const [, end, name = ''] of html.matchAll(/<(\/?)([a-z0-9]+)[^>]*>/g)) {
    if (/^(meta|link|br|input)$/.test(name)) continue;
    if (end === '') open.push(name);
    else if (open.pop() !== name) return [...open, `</${name}>`];
  }
  return open;
}

it('the stylesheet has dark, print and narrow forms, and loads nothing', () => {
  expect(STYLE).toContain('prefers-color-scheme: dark');
  expect(STYLE).toContain('@media print');
  expect(STYLE).toContain(':focus-visible');
  expect(STYLE).not.toMatch(/url\(|@import/);
});
