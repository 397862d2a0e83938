// README.md, SECURITY.md and the pages of docs/, as operators read them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './page.ts';

export interface Page {
  /** Relative to the repository. */
  readonly file: string;
  readonly text: string;
}

const inDocs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .map((name) => join('docs', name))
  .sort();

export const PAGES: readonly Page[] = ['README.md', 'SECURITY.md', ...inDocs].map((file) => ({
  file,
  text: readFileSync(join(ROOT, file), 'utf8'),
}));

export interface Fence {
  readonly language: string;
  readonly text: string;
}

export function fences(text: string): readonly Fence[] {
  return [...text.matchAll(/^```(\w*)\n([^]*?)^```$/gm)].map(([, language = '', inner = '']) => ({
    language,
    text: inner,
  }));
}
