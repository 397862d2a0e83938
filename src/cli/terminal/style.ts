// Colours as marks within text. They become escape sequences, or nothing, where the text is written
// (edge.ts). A mark contains a random number of this process, so that text from others cannot
// contain a mark.
import { randomBytes } from 'node:crypto';

/** Select Graphic Rendition (ECMA-48 §8.3.117): the 16 colours that every terminal supports. */
const SGR = { good: 32, bad: 31, wait: 33, strong: 1, faint: 2 } as const;
export type Style = keyof typeof SGR;

const END = 0;
const NONCE = randomBytes(8).toString('hex');
const MARK = new RegExp(`\u0001${NONCE}(\\d+)\u0001`);
const MARKS = new RegExp(MARK, 'g');

const mark = (code: number): string => `\u0001${NONCE}${code}\u0001`;

export function styled(style: Style | undefined, text: string): string {
  return style === undefined || text === '' ? text : `${mark(SGR[style])}${text}${mark(END)}`;
}

function unstyled(text: string): string {
  return text.replace(MARKS, '');
}

/** The width in columns. */
export function widthOf(text: string): number {
  return unstyled(text).length;
}

/** Text and marks in turn. */
export function renderStyles(
  text: string,
  colour: boolean,
  clean: (plain: string) => string,
): string {
  return text
    .split(MARK)
    .map((part, index) => {
      if (index % 2 === 0) return clean(part);
      return colour ? `\u001b[${part}m` : '';
    })
    .join('');
}
