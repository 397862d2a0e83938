// Files that are made from the source, among them pages of docs/. DOCUMENTS_UPDATE=1 writes them.
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { expect } from 'vitest';

export const ROOT = resolve(import.meta.dirname, '../..');

/** Without what the formatter lays out. */
const plain = (text: string): string => text.replaceAll(/\s+/g, '').replaceAll(/-{3,}/g, '---');

/** As `npm run format` leaves it, so that both agree; that takes a while, and is rarely needed. */
export async function expectCurrent(name: string, text: string): Promise<void> {
  const file = join('docs', name);
  if (!updates && plain(await current(file)) === plain(text)) return;
  const { format } = await import('prettier');
  const parser = name.endsWith('.json') ? 'json' : 'markdown';
  await expectFile(file, await format(text, { parser, printWidth: 100 }));
}

const updates = process.env['DOCUMENTS_UPDATE'] !== undefined;
const current = (name: string): Promise<string> =>
  readFile(join(ROOT, name), 'utf8').catch(() => '');

/** `name`: relative to the repository. */
export async function expectFile(name: string, text: string): Promise<void> {
  if (updates) await writeFile(join(ROOT, name), text);
  expect(await current(name), UPDATE).toBe(text);
}

const UPDATE =
  'the file is out of date: DOCUMENTS_UPDATE=1 npx vitest run --project unit test/documents';

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''].join('\n');
}
