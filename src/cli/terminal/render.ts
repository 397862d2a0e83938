// The form of results: tables and sentences within the width of the terminal, times, JSON. No
// logic.
import type { Instant } from '../../base/clock.ts';
import { formatInstant } from '../../base/clock.ts';
import { formatDuration } from '../../base/duration.ts';
import { widthOf } from './style.ts';

/** The width for a file, a pipe, and a terminal that does not report one. */
const USUAL_WIDTH = 80;
/** Sentences are hard to read on wider lines, and on narrower ones. */
const WIDEST = 100;
const NARROWEST = 40;
const GAP = 2;

let width = USUAL_WIDTH;

/** One process has one terminal: sets the width for all output from now on. */
export function fitTo(columns: number | undefined): void {
  width = Math.min(WIDEST, Math.max(NARROWEST, columns ?? USUAL_WIDTH));
}

export const currentWidth = (): number => width;

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

/**
 * What is copied (a record, a path, a URL) stays on one line, even beyond the width, and is never
 * broken.
 */
const WORDS = /\d+ \d+ \d+ [0-9a-f]{16,}\S*|\((?:in )?(?:\d+[dhms] ?)+(?: ago)?\)\S*|\S+/gi;

const wordsOf = (text: string): readonly string[] => text.match(WORDS) ?? [];

/** Breaks text into lines of at most `limit`, between words. */
function wrap(text: string, limit: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of wordsOf(text)) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) <= limit) line += ` ${word}`;
    else {
      if (line !== '') lines.push(line);
      line = word;
    }
  }
  return line !== '' || lines.length === 0 ? [...lines, line] : lines;
}

/**
 * Text within the width; further lines are indented below the first. Paths, URLs and records are
 * not broken, so that they can be copied.
 */
export function paragraph(text: string, first = '', indent = ' '.repeat(widthOf(first))): string {
  const lines = wrap(text, width - Math.max(widthOf(first), widthOf(indent)));
  return lines.map((line, index) => `${index === 0 ? first : indent}${line}\n`).join('');
}

/** Lines to be copied, each without changes. */
export function verbatim(lines: readonly string[], indent = ''): string {
  return lines.map((line) => `${indent}${line}\n`).join('');
}

/** Undefined: its longest words do not fit in one row. */
function squeeze(
  natural: readonly number[],
  least: readonly number[],
  room: number,
): readonly number[] | undefined {
  const widths = [...natural];
  const total = (): number => widths.reduce((sum, one) => sum + one + GAP, -GAP);
  while (total() > room) {
    const spare = widths.map((one, column) => (one > (least[column] ?? 0) ? one : 0));
    const widest = spare.indexOf(Math.max(...spare));
    if (spare[widest] === 0) return undefined;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

type Row = readonly string[];

/**
 * Columns as wide as needed; the widest is narrowed and its cells are wrapped until the row fits;
 * otherwise one cell per line.
 */
export function table(heads: Row, rows: readonly Row[], indent = ''): string {
  const all = [heads, ...rows];
  const columnsBy = (measure: (cell: string) => number): number[] =>
    heads.map((_, column) => Math.max(...all.map((row) => measure(row[column] ?? ''))));
  const longestWord = (cell: string): number => Math.max(0, ...wordsOf(cell).map(widthOf));
  const widths = squeeze(columnsBy(widthOf), columnsBy(longestWord), width - indent.length);
  if (widths === undefined) return stacked(heads, rows, indent);
  return all.map((row) => cellsBeside(row, widths, indent)).join('');
}

function cellsBeside(row: Row, widths: readonly number[], indent: string): string {
  const cells = widths.map((one, column) => wrap(row[column] ?? '', one));
  const height = Math.max(...cells.map((cell) => cell.length));
  const line = (at: number): string =>
    cells
      .map((cell, column) => padded(cell[at] ?? '', widths[column] ?? 0))
      .join(' '.repeat(GAP))
      .trimEnd();
  return Array.from({ length: height }, (_, at) => `${indent}${line(at)}\n`).join('');
}

const padded = (text: string, to: number): string =>
  text + ' '.repeat(Math.max(0, to - widthOf(text)));

/** For narrow terminals: each row becomes a block, each cell behind the head of its column. */
function stacked(heads: Row, rows: readonly Row[], indent: string): string {
  const label = Math.max(...heads.slice(1).map((head) => head.length));
  const block = (row: Row): string =>
    heads
      .map((head, column) => {
        const cell = row[column] ?? '';
        if (column === 0) return paragraph(cell, indent);
        return cell === ''
          ? ''
          : paragraph(cell, `${indent}  ${head.toLowerCase().padEnd(label)} `);
      })
      .join('');
  return rows.map(block).join('');
}
