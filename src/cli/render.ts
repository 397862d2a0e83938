// How results look: tables within 80 columns, sentences, times, JSON. No logic.
import type { Instant } from '../base/clock.ts';
import { formatInstant } from '../base/clock.ts';
import { formatDuration } from '../base/duration.ts';

const WIDTH = 80;
const GAP = 2;
/** No column is squeezed below this while others are wider. */
const NARROWEST = 8;

/** `2026-11-21T14:05:00Z (in 2h 5m)` */
export function when(instant: Instant, now: Instant): string {
  const distance = instant - now;
  if (Math.abs(distance) < 1) return `${formatInstant(instant)} (now)`;
  const length = formatDuration(distance);
  return `${formatInstant(instant)} (${distance > 0 ? `in ${length}` : `${length} ago`})`;
}

/** One JSON document; `schema` is raised when a field changes its meaning. */
export function jsonDocument(value: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify({ schema: 1, ...value }, null, 2)}\n`;
}

/** One line of NDJSON. Times inside it are texts already. */
export function jsonLine(value: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify(value)}\n`;
}

/** Breaks text into lines of at most `width`, between words where there are any; `whole`: a longer word sticks out. */
function wrap(text: string, width: number, whole = false): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (let word of text.split(/\s+/).filter((item) => item !== '')) {
    if (line !== '' && line.length + 1 + word.length <= width) {
      line += ` ${word}`;
      continue;
    }
    if (line !== '') lines.push(line);
    while (!whole && word.length > width) {
      lines.push(word.slice(0, width));
      word = word.slice(width);
    }
    line = word;
  }
  if (line !== '' || lines.length === 0) lines.push(line);
  return lines;
}

/** Text within the width, its further lines indented below the first. Paths, URLs and records stay whole, to be copied. */
export function paragraph(text: string, first = '', indent = ' '.repeat(first.length)): string {
  const lines = wrap(text, WIDTH - Math.max(first.length, indent.length), true);
  return lines.map((line, index) => `${index === 0 ? first : indent}${line}\n`).join('');
}

function squeeze(natural: readonly number[], width: number): readonly number[] {
  const widths = [...natural];
  const total = (): number => widths.reduce((sum, width) => sum + width + GAP, -GAP);
  while (total() > width) {
    const widest = widths.indexOf(Math.max(...widths));
    if ((widths[widest] ?? 0) <= NARROWEST) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

/** Columns as wide as they need to be, the widest squeezed and its cells wrapped until all fits. */
export function table(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  indent = '',
): string {
  const all = [heads, ...rows];
  const widths = squeeze(
    heads.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))),
    WIDTH - indent.length,
  );
  return all
    .map((row) => {
      const cells = widths.map((width, column) => wrap(row[column] ?? '', width));
      const height = Math.max(...cells.map((cell) => cell.length));
      return Array.from(
        { length: height },
        (_, line) =>
          indent +
          cells
            .map((cell, column) => (cell[line] ?? '').padEnd(widths[column] ?? 0))
            .join(' '.repeat(GAP))
            .trimEnd(),
      ).join('\n');
    })
    .map((line) => `${line}\n`)
    .join('');
}
