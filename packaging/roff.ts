// Manual pages in the macros of man(7).

/** Text in which nothing is a request or an escape. */
export const roff = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replaceAll('`', '\\(ga')
    .replace(/^\./gm, '\\&.');

export const bold = (text: string): string => `\\fB${roff(text)}\\fR`;

export const heading = (text: string): string => `.SH ${roff(text)}\n`;
export const subheading = (text: string): string => `.SS ${roff(text)}\n`;

/** Paragraphs are apart by an empty line. */
export const paragraphs = (text: string): string =>
  text
    .trim()
    .split(/\n\s*\n/)
    .filter((part) => part !== '')
    .map((part) => `.PP\n${roff(part.replace(/\s*\n\s*/g, ' '))}\n`)
    .join('');

/** Lines that stay as they are. */
export const literal = (text: string): string => `.PP\n.nf\n${roff(text.trimEnd())}\n.fi\n`;

export const item = (label: string, text: string): string =>
  `.TP\n${label}\n${roff(text.replace(/\s+/g, ' ').trim()) || '\\&'}\n`;

export function page(name: string, section: number, version: string, about: string): string {
  return (
    `.\\" -*- coding: utf-8 -*-\n.TH ${name.toUpperCase()} ${section} "" "holger ${version}" "holger"\n` +
    // No hyphens are put into names of options and hosts.
    `.nh\n.ad l\n.SH NAME\n${roff(name)} \\- ${roff(about)}\n`
  );
}
