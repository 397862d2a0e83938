// All certificates: a form to filter, and a table of those that it finds, a page at a time.
import type { Instant } from '../../base/clock.ts';
import { distance, framed, styledHtml, tableHtml, timeHtml, whenHtml } from './frame.ts';
import { markup } from './markup.ts';
import type { Html } from './markup.ts';
import { STATES, STYLE_OF } from './rows.ts';
import type { Row, Selection, State } from './rows.ts';

export interface ListContext {
  readonly version: string;
  readonly now: Instant;
  /** When the state was read. */
  readonly at: Instant;
  /** What is wrong with the rounds. */
  readonly late: string | undefined;
}

const number = (count: number): string => count.toLocaleString('en');

export function listPage(selection: Selection, context: ListContext): string {
  const { version, now, at, late } = context;
  const main = markup`<h1>Certificates</h1>
<p>As of ${whenHtml(at, now)}.</p>
${late === undefined ? undefined : markup`<p class="alert bad">holger serve is late: ${late}</p>`}
${statesHtml(selection)}
${formHtml(selection)}
${selection.found === 0 ? noneHtml(selection) : rowsHtml(selection, now)}
${pagesHtml(selection)}`;
  return framed({ title: 'holger: certificates', version, main });
}

function addressOf(q: string, state: State | undefined, page = 1): string {
  const query = new URLSearchParams({
    ...(q === '' ? {} : { q }),
    ...(state === undefined ? {} : { state }),
    ...(page === 1 ? {} : { page: String(page) }),
  });
  return query.size === 0 ? '/' : `/?${query.toString()}`;
}

/** Where the link leads to what is shown. */
const current = (is: boolean): Html | undefined => (is ? markup` aria-current="true"` : undefined);

function statesHtml({ q, state, counts }: Selection): Html {
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const link = (one: State | undefined, count: number): Html => {
    const href = addressOf(q, one);
    return markup`<li><a href="${href}"${current(one === state)}>${one ?? 'all'}: ${number(count)}</a></li>`;
  };
  return markup`<nav aria-label="States"><ul>${link(undefined, all)}${STATES.map((one) =>
    link(one, counts.get(one) ?? 0),
  )}</ul></nav>`;
}

function formHtml({ q, state }: Selection): Html {
  const option = (one: State): Html =>
    markup`<option value="${one}"${one === state ? markup` selected` : undefined}>${one}</option>`;
  return markup`<form method="get" action="/" role="search">
<div><label for="q">Name or domain contains</label>
<input type="search" id="q" name="q" value="${q}" maxlength="253" autocomplete="off"></div>
<div><label for="state">State</label>
<select id="state" name="state"><option value="">all</option>${STATES.map(option)}</select></div>
<button type="submit">Filter</button>
</form>`;
}

function noneHtml({ q, state }: Selection): Html {
  return q === '' && state === undefined
    ? markup`<p>The configuration has no certificate.</p>`
    : markup`<p>No certificate matches. <a href="/">Show all</a></p>`;
}

function rowsHtml({ rows, first, found }: Selection, now: Instant): Html {
  return tableHtml({
    caption: `Certificates ${number(first)} to ${number(first + rows.length - 1)} of ${number(found)}; what needs a person comes first, then what ends first`,
    heads: ['Certificate', 'State', 'Valid until', 'Next step', 'Waits for'],
    rows: rows.map((row) => [
      markup`<a href="${`/certificates/${encodeURIComponent(row.name)}`}">${row.name}</a>`,
      stateHtml(row),
      endHtml(row, now),
      nextText(row, now),
      waitHtml(row),
    ]),
  });
}

function stateHtml({ state, phase }: Row): Html {
  const words = state === 'failed' && phase !== 'idle' ? `failed; ${phase}` : state;
  return styledHtml(STYLE_OF[state], state === 'under way' ? phase : words);
}

function endHtml({ notAfter }: Row, now: Instant): Html {
  if (notAfter === undefined) return markup`-`;
  const far = distance(notAfter, now);
  return notAfter > now
    ? markup`${timeHtml(notAfter)} (${far})`
    : markup`${timeHtml(notAfter)} <span class="bad">EXPIRED ${far}</span>`;
}

function nextText({ phase, next, until }: Row, now: Instant): string {
  if (phase === 'new') return 'order, with the next round';
  if (next === undefined) return '-';
  const isKnown = until !== undefined && Number.isFinite(until) && until > now;
  return isKnown ? `${distance(until, now)}: ${next}` : `${next}, with the next round`;
}

function waitHtml({ waitingFor, why }: Row): Html {
  const what = waitingFor ?? '-';
  return why === undefined ? markup`${what}` : markup`${what}<br><span class="faint">${why}</span>`;
}

function pagesHtml({ q, state, page, pages }: Selection): Html | undefined {
  if (pages === 1) return undefined;
  const link = (to: number, words: string, rel?: string): Html | undefined =>
    to < 1 || to > pages || to === page
      ? undefined
      : markup`<li><a href="${addressOf(q, state, to)}"${rel === undefined ? undefined : markup` rel="${rel}"`}>${words}</a></li>`;
  return markup`<nav aria-label="Pages"><ul>
<li>Page ${number(page)} of ${number(pages)}</li>
${page > 2 ? link(1, 'first') : undefined}
${link(page - 1, 'previous', 'prev')}
${link(page + 1, 'next', 'next')}
${page < pages - 1 ? link(pages, 'last') : undefined}
</ul></nav>`;
}
