import { describe, expect, it } from 'vitest';
import { escaped, Xml } from '../../../providers/route53/xml.ts';

describe('XML', () => {
  it('reads elements, texts and entities, and ignores attributes', () => {
    const document = `<?xml version="1.0" encoding="UTF-8"?>
<A xmlns="https://example.com/a/" b='c'>
 <B>1</B><B/>
 <C>&lt;x&gt; &amp;amp; &quot;&apos; &#65;&#x42; > </C></A>
`;
    const xml = Xml.parse(document, 'a host');
    expect(xml.name).toBe('A');
    expect(xml.all('B').map((one) => one.text())).toEqual(['1', '']);
    expect(xml.one('C').text()).toBe(`<x> &amp; "' AB > `);
    expect(Xml.parse('<N>12</N>', '').number()).toBe(12);
    expect(Xml.parse('<N>true</N>', '').flag()).toBe(true);
  });

  it('writes what it reads', () => {
    const text = `a < b & "c" > 'd' \\052`;
    expect(Xml.parse(`<A>${escaped(text)}</A>`, '').text()).toBe(text);
  });

  it.each([
    '',
    'text',
    '{}',
    '<A>',
    '</A>',
    '<A></B>',
    '<A><B></A></B>',
    '<A/><B/>',
    '<A/>text',
    '<A b=c/>',
    '<A>text<B/></A>',
    '<A>&nbsp;</A>',
    '<A>a & b</A>',
    '<A>&constructor;</A>',
    '<A>&#x110000;</A>',
    '<A><![CDATA[x]]></A>',
    '<A><!-- x --></A>',
    '<!DOCTYPE html><html></html>',
    '<A><',
  ])('refuses %s', (text) => {
    expect(() => Xml.parse(text, 'the host')).toThrow(/the answer of the host is not understood/);
  });

  it('names the element that is not as it must be', () => {
    const xml = Xml.parse('<A><B>x</B><B>y</B><C><D/></C></A>', 'the host');
    expect(() => xml.one('B')).toThrow('A does not have exactly one B');
    expect(() => xml.one('E')).toThrow('A does not have exactly one E');
    expect(() => xml.one('C').text()).toThrow('C is not a text');
    expect(() => xml.all('B')[0]?.flag()).toThrow('B is not true or false');
    expect(() => xml.all('B')[0]?.number()).toThrow('B is not a number');
  });
});
