// Files that are made from the source, among them pages of docs/. DOCUMENTS_UPDATE=1 writes them.
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { format } from 'prettier';
import { expect } from 'vitest';

export const ROOT = resolve(import.meta.dirname, '../..');

/** As `npm run format` leaves it, so that both agree. */
export async function expectCurrent(name: string, text: string): Promise<void> {
  const parser = name.endsWith('.json') ? 'json' : 'markdown';
  await expectFile(join('docs', name), await format(text, { parser, printWidth: 100 }));
}

/** `name`: relative to the repository. */
export async function expectFile(name: string, text: string): Promise<void> {
  const file = join(ROOT, name);
  if (process.env['DOCUMENTS_UPDATE'] !== undefined) await writeFile(file, text);
  expect(await readFile(file, 'utf8').catch(() => ''), UPDATE).toBe(text);
}

const UPDATE =
  'the file is out of date: DOCUMENTS_UPDATE=1 npx vitest run --project unit test/documents';

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''].join('\n');
}
