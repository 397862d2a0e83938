// docs/standards.md: every RFC and section that the source cites, and where. It is made from the
// source; only the titles are kept here, and how much of each document holger implements.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { expectCurrent, ROOT } from './page.ts';
import { PAGES } from './pages.ts';
import { STANDARDS } from './standards.ts';

interface Citation {
  readonly rfc: number;
  readonly sections: readonly string[];
  readonly file: string;
}

/** "RFC 7671 §8.1", "RFC 7672 §2.2, §3.2", "RFC 4035 §5 and §3"; comments wrap anywhere. */
function citations(text: string, file: string): readonly Citation[] {
  const prose = text.replaceAll(/\n\s*(?:\/\/|\*)?\s*/g, ' ');
  const found = prose.matchAll(/RFC (\d{3,5})((?:(?:,| and| or|–)? ?§\d+(?:\.\d+)*)*)/g);
  return [...found].map(([, rfc = '', sections = '']) => ({
    rfc: Number(rfc),
    sections: sections.match(/\d+(?:\.\d+)*/g) ?? [],
    file,
  }));
}

const files = ['src', 'providers'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name)),
);
const cited = files
  .sort()
  .flatMap((file) => citations(readFileSync(join(ROOT, file), 'utf8'), file));

const bySection = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

/** Sections in their order, each with its files; a citation without a section comes first. */
function places(rfc: number): readonly string[] {
  const ofIt = cited.filter((one) => one.rfc === rfc);
  const sections = [...new Set(ofIt.flatMap((one) => one.sections))].sort(bySection);
  const filesOf = (holds: (one: Citation) => boolean): string =>
    [...new Set(ofIt.filter(holds).map(({ file }) => `\`${file}\``))].join(', ');
  const whole = filesOf((one) => one.sections.length === 0);
  const of = (section: string): string => filesOf((one) => one.sections.includes(section));
  return [
    ...(whole === '' ? [] : [`as a whole: ${whole}`]),
    ...sections.map((section) => `§${section}: ${of(section)}`),
  ];
}

const INTRODUCTION = `# Standards

Every RFC and section that the source cites, and the files that cite it. "Covered" says how much of the document holger implements: all that
concerns a client or publisher of its kind, a part, or only a fact that is taken from it. A test makes this page of the source.

`;

it('docs/standards.md has every RFC and section that the source cites', async () => {
  const rfcs = [...new Set(cited.map(({ rfc }) => rfc))].sort((a, b) => a - b);
  expect(rfcs.filter((rfc) => STANDARDS[rfc] === undefined)).toEqual([]);
  const sections = rfcs.map((rfc) => {
    const { title, covered } = STANDARDS[rfc] ?? { title: '', covered: '' };
    const link = `<https://www.rfc-editor.org/rfc/rfc${rfc}>`;
    const list = places(rfc).map((place) => `- ${place}\n`);
    return `## RFC ${rfc}: ${title}\n\n${link}. Covered: ${covered}.\n\n${list.join('')}`;
  });
  await expectCurrent('standards.md', [INTRODUCTION, ...sections].join('\n'));
});

it('has no title that is not needed, and the pages cite what it has', () => {
  const used = new Set(cited.map(({ rfc }) => rfc));
  expect(Object.keys(STANDARDS).filter((rfc) => !used.has(Number(rfc)))).toEqual([]);
  const inPages = PAGES.flatMap(({ file, text }) => citations(text, file));
  expect(inPages.filter(({ rfc }) => !used.has(rfc))).toEqual([]);
});

it('reads citations as comments have them', () => {
  const text = '// (RFC 7672 §2.2,\n// §3.2; RFC 7671\n   * §8.1 and §5) as RFC 6698 says';
  expect(citations(text, 'f').map(({ rfc, sections }) => [rfc, sections])).toEqual([
    [7672, ['2.2', '3.2']],
    [7671, ['8.1', '5']],
    [6698, []],
  ]);
});
