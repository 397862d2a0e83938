import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PlainProtocol } from '../../src/probe/dialogue.ts';
import { GOOD, PROTOCOLS, status, talk } from './talk.ts';

const START = { status: 'start-tls' };
const EHLO = '250-mx\r\n250-PIPELINING\r\n250 STARTTLS\r\n';

describe('SMTP', () => {
  const good = ['220 mx ESMTP\r\n', EHLO, '220 go\r\n'];

  test.each([1, 2, 7, 1000])('reaches STARTTLS in pieces of %i bytes', (size) => {
    expect(talk('smtp', good, size)).toEqual({
      sent: ['EHLO probe.example.org\r\n', 'STARTTLS\r\n'],
      outcome: START,
    });
  });

  test('LMTP sends LHLO, submission sends EHLO', () => {
    expect(talk('lmtp', good).sent[0]).toBe('LHLO probe.example.org\r\n');
    expect(talk('submission', good).sent[0]).toBe('EHLO probe.example.org\r\n');
  });

  test.each([
    ['on the last line', '250-mx\r\n250 STARTTLS\r\n'],
    ['in the middle', '250-mx\r\n250-STARTTLS\r\n250 HELP\r\n'],
    ['in small letters', '250-mx\r\n250 starttls\r\n'],
    ['with a parameter', '250-mx\r\n250 STARTTLS REQUIRED\r\n'],
    ['with bare line feeds', '250-mx\n250 STARTTLS\n'],
  ])('finds STARTTLS %s', (_, features) => {
    expect(status('smtp', '220-mx\r\n220 ready\r\n', features, '220 go\r\n')).toBe('start-tls');
  });

  test.each([
    ['not offered', ['220 mx\r\n', '250-mx\r\n250 SIZE\r\n'], 'no-tls'],
    ['only as part of a word', ['220 mx\r\n', '250-mx\r\n250 XSTARTTLS\r\n'], 'no-tls'],
    ['only as the host name', ['220 mx\r\n', '250 STARTTLS\r\n'], 'no-tls'],
    ['without EHLO', ['220 mx\r\n', '502 what?\r\n', '250 mx\r\n'], 'no-tls'],
    ['EHLO refused by policy', ['220 mx\r\n', '550 go away\r\n'], 'turned-away'],
    ['greeting 554', ['554 no service\r\n'], 'turned-away'],
    ['greeting 421', ['421 too many connections\r\n'], 'turned-away'],
    ['offered and refused', ['220 mx\r\n', EHLO, '454 not now\r\n'], 'tls-failed'],
    ['answered with nonsense', ['220 mx\r\n', EHLO, 'hello\r\n'], 'protocol-error'],
    ['codes that differ', ['220 mx\r\n', '250-mx\r\n550 STARTTLS\r\n'], 'protocol-error'],
    ['not SMTP', ['SSH-2.0-OpenSSH_9\r\n'], 'protocol-error'],
  ] as const)('%s', (_, turns, expected) => {
    expect(status('smtp', ...turns)).toBe(expected);
  });

  test.each([
    ['a reply', '220 go\r\n250 injected\r\n'],
    ['part of a line', '220 go\r\nR'],
  ])('refuses %s in the clear after the answer to STARTTLS (CVE-2011-0411)', (_, answer) => {
    expect(talk('smtp', ['220 mx\r\n', EHLO, answer]).outcome).toEqual({
      status: 'protocol-error',
      detail: 'data in the clear after the answer to STARTTLS (CVE-2011-0411)',
    });
  });

  test('foreign text in a detail is short and printable', () => {
    const outcome = talk('smtp', [`554 \u001b[2J${'x'.repeat(500)}\r\n`]).outcome;
    const detail = outcome !== undefined && 'detail' in outcome ? outcome.detail : '';
    expect(detail).toMatch(/^greeting: "554 \?\[2Jx+"$/);
    expect(detail.length).toBeLessThan(150);
  });
});

describe('IMAP', () => {
  const STARTED = 'b OK begin\r\n';
  test.each([
    ['asks for the capabilities', ['* OK hi\r\n', '* CAPABILITY IMAP4rev1 STARTTLS\r\na OK\r\n']],
    ['skips other untagged lines', ['* OK\r\n', '* X\r\n* CAPABILITY starttls\r\na ok done\r\n']],
  ])('%s', (_, turns) => {
    expect(talk('imap', [...turns, STARTED])).toEqual({
      sent: ['a CAPABILITY\r\n', 'b STARTTLS\r\n'],
      outcome: START,
    });
  });

  test('takes them from the greeting', () => {
    expect(talk('imap', ['* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n', STARTED])).toEqual({
      sent: ['b STARTTLS\r\n'],
      outcome: START,
    });
  });

  test.each([
    ['not offered', ['* OK hi\r\n', '* CAPABILITY IMAP4rev1\r\na OK\r\n'], 'no-tls'],
    ['PREAUTH', ['* PREAUTH hi\r\n'], 'no-tls'],
    ['BYE', ['* BYE busy\r\n'], 'turned-away'],
    ['BYE later', ['* OK hi\r\n', '* BYE busy\r\n'], 'turned-away'],
    ['refused', ['* OK [CAPABILITY STARTTLS]\r\n', 'b NO not now\r\n'], 'tls-failed'],
    ['not IMAP', ['+OK POP3\r\n'], 'protocol-error'],
    ['another tag', ['* OK [CAPABILITY STARTTLS]\r\n', 'x OK\r\n'], 'protocol-error'],
    [
      'injection',
      ['* OK [CAPABILITY STARTTLS]\r\n', `${STARTED}* CAPABILITY X\r\n`],
      'protocol-error',
    ],
  ] as const)('%s', (_, turns, expected) => {
    expect(status('imap', ...turns)).toBe(expected);
  });
});

describe('POP3', () => {
  test.each([
    ['offered', ['+OK hi\r\n', '+OK\r\nUSER\r\nSTLS\r\n.\r\n', '+OK go\r\n'], 'start-tls'],
    ['not offered', ['+OK hi\r\n', '+OK\r\nUSER\r\n.\r\n'], 'no-tls'],
    ['without CAPA', ['+OK hi\r\n', '-ERR what?\r\n'], 'no-tls'],
    ['refused', ['+OK\r\n', '+OK\r\nSTLS\r\n.\r\n', '-ERR no\r\n'], 'tls-failed'],
    ['greeting -ERR', ['-ERR busy\r\n'], 'turned-away'],
    ['injection', ['+OK\r\n', '+OK\r\nSTLS\r\n.\r\n', '+OK go\r\n+OK\r\n'], 'protocol-error'],
  ] as const)('%s', (_, turns, expected) => {
    expect(status('pop3', ...turns)).toBe(expected);
  });
});

describe('limits', () => {
  test.each([
    ['a line without end', 'x'.repeat(5000)],
    ['a long line', `220 ${'x'.repeat(5000)}\r\n`],
    ['too many lines', '220-x\r\n'.repeat(101)],
    ['too many bytes', `220-${'x'.repeat(3000)}\r\n`.repeat(30)],
  ])('%s ends the dialogue', (_, text) => {
    expect(status('smtp', text)).toBe('protocol-error');
    expect(talk('smtp', [text], 1).outcome?.status).toBe('protocol-error');
  });

  test('100 lines are accepted', () => {
    expect(
      status('smtp', '220 x\r\n', `${'250-x\r\n'.repeat(97)}250 STARTTLS\r\n`, '220 x\r\n'),
    ).toBe('start-tls');
  });
});

describe.each(PROTOCOLS)('%s', (protocol) => {
  const turns = GOOD[protocol];

  test('has the same outcome however the answers are cut', () => {
    const whole = talk(protocol, turns);
    expect(whole.outcome).toEqual(START);
    for (const size of [1, 2, 3, 7]) expect(talk(protocol, turns, size)).toEqual(whole);
  });

  test('has no outcome before the last octet of the last answer', () => {
    const early = [...turns.slice(0, -1), (turns.at(-1) ?? '').slice(0, -1)];
    expect(talk(protocol, early).outcome).toBeUndefined();
  });

  test.each(['\r\n', 'x', '\x16\x03\x03'])('accepts no %j in the clear after it', (injected) => {
    const last = `${turns.at(-1) ?? ''}${injected}`;
    expect(talk(protocol, [...turns.slice(0, -1), last]).outcome).toEqual({
      status: 'protocol-error',
      detail: 'data in the clear after the answer to STARTTLS (CVE-2011-0411)',
    });
  });
});

test('with any input, in any pieces, the dialogue does not throw, and pieces change nothing', () => {
  const part = fc.constantFrom(
    ...[
      '220',
      '250',
      '-',
      ' ',
      '\r\n',
      '\n',
      'STARTTLS',
      '* OK',
      '[CAPABILITY',
      ']',
      'a OK',
      'b OK',
    ],
    ...['+OK', '-ERR', 'STLS', '.', 'x', '\u0000', '\u00ff'],
  );
  const text = fc.array(part, { maxLength: 60 }).map((parts) => parts.join(''));
  const protocol = fc.constantFrom<PlainProtocol>('smtp', 'lmtp', 'imap', 'pop3');
  fc.assert(
    fc.property(protocol, text, fc.integer({ min: 1, max: 9 }), (which, all, size) => {
      const whole = talk(which, [all]).outcome;
      const pieces = talk(which, [all], size).outcome;
      // In pieces, what follows STARTTLS has not arrived yet; that is the one difference.
      if (pieces?.status !== 'start-tls') expect(pieces).toEqual(whole);
      else expect(['start-tls', 'protocol-error']).toContain(whole?.status);
    }),
    { numRuns: 3000 },
  );
});

describe('K18: a refusal of this client is not a property of the server', () => {
  const name = 'EHLO probe.example.org';
  test.each([
    ['504', '504 5.5.2 <mail>: Helo command rejected: need fully-qualified hostname\r\n'],
    ['550', '550 5.7.1 your name is not in DNS\r\n'],
    ['501', '501 Syntactically invalid EHLO argument(s)\r\n'],
    ['450', '450 4.7.1 Client host rejected: cannot find your hostname\r\n'],
    ['421', '421 4.7.0 too many errors\r\n'],
    ['554', '554 5.7.1 Access denied\r\n'],
  ])('EHLO answered with %s: the name and the words are reported', (code, answer) => {
    expect(talk('smtp', ['220 mx\r\n', answer]).outcome).toEqual({
      status: 'turned-away',
      detail: expect.stringMatching(new RegExp(`^${name}: "${code} `)),
    });
  });

  test('a server that supports neither EHLO nor extensions has no TLS, if it answers HELO', () => {
    const said = talk('smtp', ['220 mx\r\n', '502 what?\r\n', '250 mx\r\n']);
    expect(said.sent).toEqual([`${name}\r\n`, 'HELO probe.example.org\r\n']);
    expect(said.outcome).toEqual({ status: 'no-tls', detail: 'EHLO: "502 what?"' });
    expect(status('smtp', '220 mx\r\n', '500 what?\r\n', '550 bad name\r\n')).toBe('turned-away');
  });

  test.each<[PlainProtocol, string, readonly string[]]>([
    ['smtp', 'no service', ['554 5.7.1 blocked\r\n']],
    ['smtp', 'too busy', ['421 4.3.2 all server ports are busy\r\n']],
    ['smtp', 'greylisting at the door', ['450 4.3.2 service currently unavailable\r\n']],
    ['smtp', 'goes away at STARTTLS', ['220 mx\r\n', EHLO, '421 4.3.0 too many\r\n']],
    ['lmtp', 'too busy', ['421 busy\r\n']],
    ['imap', 'too many connections', ['* BYE Maximum number of connections exceeded\r\n']],
    ['pop3', 'too many connections', ['-ERR Maximum number of connections exceeded\r\n']],
    ['pop3', 'a fault of its own', ['+OK\r\n', '-ERR [SYS/TEMP] try later\r\n']],
    ['sieve', 'too busy', ['BYE (TRYLATER) "busy"\r\n']],
    ['sieve', 'no process is free', ['NO "unavailable"\r\n']],
    ['ftp', 'too many users', ['421 There are too many connected users\r\n']],
    ['ftp', 'not from there', ['530 not from your address\r\n']],
    ['ftp', 'goes away at FEAT', ['220 ftp\r\n', '421 timeout\r\n']],
    ['nntp', 'not now', ['400 load too high\r\n']],
    ['nntp', 'not from there', ['502 no permission\r\n']],
  ])('%s: %s', (protocol, _, turns) => {
    expect(status(protocol, ...turns)).toBe('turned-away');
  });
});
