// Pages of docs/ that are made of the source. DOCUMENTS_UPDATE=1 writes them anew.
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { format } from 'prettier';
import { expect } from 'vitest';

export const ROOT = resolve(import.meta.dirname, '../..');

/** As `npm run format` leaves it, so that both agree. */
export async function expectCurrent(name: string, text: string): Promise<void> {
  const file = join(ROOT, 'docs', name);
  const formatted = await format(text, {
    parser: name.endsWith('.json') ? 'json' : 'markdown',
    printWidth: 100,
  });
  if (process.env['DOCUMENTS_UPDATE'] !== undefined) await writeFile(file, formatted);
  expect(await readFile(file, 'utf8').catch(() => ''), UPDATE).toBe(formatted);
}

const UPDATE =
  'the page is out of date: DOCUMENTS_UPDATE=1 npx vitest run --project unit test/documents';

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''].join('\n');
}
