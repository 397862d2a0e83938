import { describe, expect, test } from 'vitest';
import { GOOD, XMPP_TLS, status, talk } from './talk.ts';

const NS = "xmlns:stream='http://etherx.jabber.org/streams'";
const HEADER = `<stream:stream version='1.0' xmlns='jabber:client' ${NS}>`;
const STARTTLS = `<starttls ${XMPP_TLS}/>`;
const PROCEED = `<proceed ${XMPP_TLS}/>`;
const features = (content: string): string =>
  `${HEADER}<stream:features>${content}</stream:features>`;

describe('what is sent', () => {
  const [opening, starttls] = talk('xmpp-client', GOOD['xmpp-client']).sent;

  test('a stream to the domain, then <starttls/>', () => {
    expect(opening).toBe(
      `<?xml version='1.0'?><stream:stream to='example.org' version='1.0' xmlns='jabber:client' ${NS}>`,
    );
    expect(starttls).toBe(STARTTLS);
  });

  test('servers use jabber:server', () => {
    expect(talk('xmpp-server', []).sent[0]).toContain("xmlns='jabber:server'");
  });

  test.each([
    ['bücher.example', "to='bÃ¼cher.example'"],
    ['xn--bcher-kva.example', "to='bÃ¼cher.example'"],
    [`a'b<c`, "to='a&#39;b&#60;c'"],
  ])('%s', (domain, to) => {
    expect(talk('xmpp-client', [], 1, domain).sent[0]).toContain(to);
  });
});

describe('finds <starttls/>', () => {
  test.each([
    ['alone', features(STARTTLS)],
    ['required', features(`<starttls ${XMPP_TLS}><required/></starttls>`)],
    ['optional', features(`<starttls ${XMPP_TLS}><optional/></starttls>`)],
    ['behind others', features(`<a xmlns='x'><b>t &amp; &#x41;</b></a>${STARTTLS}`)],
    [
      'with a prefix of its own',
      features(`<t:starttls xmlns:t='urn:ietf:params:xml:ns:xmpp-tls'/>`),
    ],
    ['in double quotes', features('<starttls xmlns="urn:ietf:params:xml:ns:xmpp-tls" />')],
    ['behind a > in an attribute', features(`<a xmlns='x' b='>"'/>${STARTTLS}`)],
    ['behind a > in text', features(`<a xmlns='x'>1 > 0</a>${STARTTLS}`)],
    ['behind CDATA', features(`<a xmlns='x'><![CDATA[</a><b>'&]]></a>${STARTTLS}`)],
    ['with white space all over', `<?xml version='1.0'?>\n${features(`\n ${STARTTLS}\n`)}\n`],
    [
      'under another prefix of the stream',
      `<s:stream version="1.0" xmlns:s="http://etherx.jabber.org/streams"><s:features>${STARTTLS}</s:features>`,
    ],
    [
      'where the stream is the default namespace',
      `<stream version="1.0" xmlns="http://etherx.jabber.org/streams"><features>${STARTTLS}</features>`,
    ],
  ])('%s', (_, text) => {
    expect(status('xmpp-client', text, PROCEED)).toBe('start-tls');
    const letters = talk('xmpp-client', [text, `<proceed ${XMPP_TLS}></proceed>`], 1);
    expect(letters.outcome?.status).toBe('start-tls');
  });
});

describe('refuses', () => {
  const error = (condition: string): string =>
    `<stream:error><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>`;
  test.each([
    ['nothing offered', [features('')], 'no-tls'],
    ['empty features', [`${HEADER}<stream:features/>`], 'no-tls'],
    ['a <starttls/> of another namespace', [features(`<starttls xmlns='x'/>`)], 'no-tls'],
    ['a <starttls/> deeper down', [features(`<a xmlns='x'>${STARTTLS}</a>`)], 'no-tls'],
    ['a stream before 1.0', [`<stream:stream ${NS}>`], 'no-tls'],
    ['<failure/>', [features(STARTTLS), `<failure ${XMPP_TLS}/></stream:stream>`], 'tls-failed'],
    ['a stream error', [HEADER + error('host-unknown')], 'protocol-error'],
    [
      'a stream error for an answer',
      [features(STARTTLS), error('policy-violation')],
      'turned-away',
    ],
    ['K18: a server that is too busy', [HEADER + error('resource-constraint')], 'turned-away'],
    ['K18: a server that sends us elsewhere', [HEADER + error('see-other-host')], 'turned-away'],
    ['the end of the stream', [`${HEADER}</stream:stream>`], 'protocol-error'],
    ['another answer', [features(STARTTLS), `<message/>`], 'protocol-error'],
    ['another root', ['<html>'], 'protocol-error'],
    ['another namespace', [`<stream:stream xmlns:stream='x' version='1.0'>`], 'protocol-error'],
    ['a prefix without a namespace', [`<stream:stream version='1.0'>`], 'protocol-error'],
    ['text before the stream', [`220 <mx>`], 'protocol-error'],
    ['tags that cross', [features(`<a><b></a></b>`)], 'protocol-error'],
    ['a comment', [features(`<!-- x -->`)], 'protocol-error'],
    ['a DTD', [`<!DOCTYPE x [<!ENTITY a "b">]>${HEADER}`], 'protocol-error'],
    ['an entity', [features(`<a>&a;</a>`)], 'protocol-error'],
    ['an entity in an attribute', [features(`<a b='&a;'/>`)], 'protocol-error'],
    ['a processing instruction', [features(`<?php x ?>`)], 'protocol-error'],
    ['a second declaration', [`${HEADER}<?xml version='1.0'?>`], 'protocol-error'],
    ['an attribute twice', [features(`<a b='1' b='2'/>`)], 'protocol-error'],
    ['an attribute without quotes', [features(`<a b=1 />`)], 'protocol-error'],
    ['< in an attribute', [features(`<a b='<'/>`)], 'protocol-error'],
    ['a depth without end', [`${HEADER}${'<a>'.repeat(50)}`], 'protocol-error'],
    ['a tag without end', [`${HEADER}<a b='${'>'.repeat(5000)}`], 'protocol-error'],
  ] as const)('%s', (_, turns, expected) => {
    expect(status('xmpp-client', ...turns)).toBe(expected);
    expect(talk('xmpp-client', turns, 1).outcome?.status).toBe(expected);
  });

  test('and reports the condition and the domain', () => {
    expect(talk('xmpp-client', [HEADER + error('host-unknown')]).outcome).toEqual({
      status: 'protocol-error',
      detail: 'stream error "host-unknown", the stream was for "example.org"',
    });
  });
});
