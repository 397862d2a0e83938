// Every link leads to something, and every page can be reached from README.md.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { ROOT } from './page.ts';
import { PAGES } from './pages.ts';

interface Link {
  readonly file: string;
  readonly anchor: string | undefined;
}

function links(page: string, text: string): readonly Link[] {
  const prose = text.replaceAll(/^```[^]*?^```$/gm, '').replaceAll(/`[^`\n]*`/g, '');
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = '', anchor] = target.split('#');
      return { file: path === '' ? page : normalize(join(dirname(page), path)), anchor };
    });
}

/** As forges make them from headings. */
function anchors(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

const ALSO = ['CONTRIBUTING.md', 'CHANGELOG.md', 'providers/README.md'].map((file) => ({
  file,
  text: readFileSync(join(ROOT, file), 'utf8'),
}));

describe('every link leads to something', () => {
  test.each([...PAGES, ...ALSO])('$file', ({ file, text }) => {
    const broken = links(file, text).filter((link) => {
      if (!existsSync(join(ROOT, link.file))) return true;
      if (link.anchor === undefined) return false;
      return !anchors(readFileSync(join(ROOT, link.file), 'utf8')).includes(link.anchor);
    });
    expect(broken).toEqual([]);
  });
});

it('finds a link to a page or heading that does not exist', () => {
  expect(links('docs/a.md', 'see [b](b/c.md#d), not `[x](y)` and not [e](https://f)')).toEqual([
    { file: 'docs/b/c.md', anchor: 'd' },
  ]);
  expect(anchors('# What it protects from, and what not\n')).toEqual([
    'what-it-protects-from-and-what-not',
  ]);
});

it('every page can be reached from README.md', () => {
  const found = new Set(['README.md']);
  for (const file of found) {
    const text = PAGES.find((page) => page.file === file)?.text ?? '';
    for (const link of links(file, text)) found.add(link.file);
  }
  expect(PAGES.map(({ file }) => file).filter((file) => !found.has(file))).toEqual([]);
});

it('README.md has 150 lines at most', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  expect(readme.split('\n').length - 1).toBeLessThanOrEqual(150);
});
