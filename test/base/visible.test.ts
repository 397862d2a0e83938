import { describe, expect, it } from 'vitest';
import { visible, visibleLine } from '../../src/base/visible.ts';

describe('K28: text of others', () => {
  it.each([
    ['an escape sequence', '\u001b[2J', '\\u001b[2J'],
    ['a carriage return', 'good\rbad', 'good\\u000dbad'],
    ['a control sequence introducer of one character', '\u009b31m', '\\u009b31m'],
    ['a delete', 'a\u007f', 'a\\u007f'],
    ['a bell and a null', '\u0007\u0000', '\\u0007\\u0000'],
    ['an override of direction', 'gnp.\u202egpj', 'gnp.\\u202egpj'],
    ['an isolate', '\u2066x\u2069', '\\u2066x\\u2069'],
    ['a mark of direction', '\u200f', '\\u200f'],
    ['an Arabic letter mark', '\u061c', '\\u061c'],
    ['what has no width', 'mx\u200b1\u2060\ufeff', 'mx\\u200b1\\u2060\\ufeff'],
    ['a line separator', 'a\u2028b\u2029c', 'a\\u2028b\\u2029c'],
    ['half of a pair', 'a\ud800b', 'a\\ud800b'],
    ['a tag', '\u{e0041}', '\\udb40\\udc41'],
    ['a letter without a shape', '\u3164', '\\u3164'],
    ['a variation selector', 'a\ufe0f\u{e0101}', 'a\\ufe0f\\udb40\\udd01'],
    ['a grapheme joiner', 'a\u034fb', 'a\\u034fb'],
    ['a vowel without a shape', '\u17b4', '\\u17b4'],
  ])('is shown with %s as an escape', (_, text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it('keeps what can be read, and the lines of a layout', () => {
    const text = 'Café Ω 東京 😀 \\u001b\n\tnext "line"';
    expect(visible(text)).toBe(text);
  });

  it('means the same in JSON afterwards', () => {
    const value = { said: '\u001b[0m\u009b\u202e\u2028\ud800\u{e0041}é' };
    expect(JSON.parse(visible(JSON.stringify(value)))).toEqual(value);
  });

  it('is one line of bounded length where only a line fits', () => {
    expect(visibleLine('a\r\nBcc: x@example.org\u0085b')).toBe('a Bcc: x@example.org\\u0085b');
    expect(visibleLine('x'.repeat(9_000))).toHaveLength(2_000);
  });
});
