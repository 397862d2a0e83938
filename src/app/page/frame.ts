// What both pages have around them, and the words that they share.
import { formatInstant } from '../../base/clock.ts';
import type { Instant } from '../../base/clock.ts';
import { formatDuration } from '../../base/duration.ts';
import { markup } from './markup.ts';
import type { Html } from './markup.ts';

interface Frame {
  readonly title: string;
  readonly version: string;
  readonly main: Html;
}

export function framed({ title, version, main }: Frame): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header><p><a href="/">holger: all certificates</a></p></header>
<main id="main" tabindex="-1">
${main}
</main>
<footer><p>holger ${version}. All times are UTC. Nothing can be changed here.</p></footer>
</body>
</html>
`.text;
}

export function noticePage(message: string, version: string): string {
  return framed({ title: 'holger', version, main: markup`<h1>${message}</h1>` });
}

/** A time with its distance; undefined and infinite ones are a dash. */
export function whenHtml(instant: Instant | undefined, now: Instant): Html {
  if (instant === undefined || !Number.isFinite(instant)) return markup`-`;
  return markup`${timeHtml(instant)} (${distance(instant, now)})`;
}

export function timeHtml(instant: Instant): Html {
  const text = formatInstant(instant);
  return markup`<time datetime="${text}">${text.replace('T', ' ').replace('Z', '')}</time>`;
}

export function distance(instant: Instant, now: Instant): string {
  const length = formatDuration(instant - now);
  if (Math.abs(instant - now) < 1) return 'now';
  return instant > now ? `in ${length}` : `${length} ago`;
}

type Style = 'good' | 'bad' | 'wait' | 'strong' | 'faint';

export function styledHtml(style: Style | undefined, words: Html | string): Html {
  return style === undefined ? markup`${words}` : markup`<span class="${style}">${words}</span>`;
}

interface Table {
  readonly caption: string;
  readonly heads: readonly string[];
  /** The first cell names the row. */
  readonly rows: readonly (readonly (Html | string)[])[];
}

/** What does not fit is scrolled sideways, also with the keyboard. */
export function tableHtml({ caption, heads, rows }: Table): Html {
  const cells = ([name = '', ...others]: readonly (Html | string)[]): Html =>
    markup`<tr><th scope="row">${name}</th>${others.map((one) => markup`<td>${one}</td>`)}</tr>\n`;
  return markup`<div class="wide" role="region" aria-label="${caption}" tabindex="0"><table>
<caption>${caption}</caption>
<thead><tr>${heads.map((head) => markup`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>
${rows.map(cells)}</tbody></table></div>`;
}
