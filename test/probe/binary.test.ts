// LDAP and PostgreSQL: octets instead of lines.
import { describe, expect, test } from 'vitest';
import { status, talk } from './talk.ts';

const element = (tag: number, content: string): string =>
  String.fromCharCode(tag, content.length) + content;
const OID = '1.3.6.1.4.1.1466.20037';

interface Answer {
  readonly id?: string;
  readonly code?: number;
  readonly text?: string;
  readonly rest?: string;
}
const body = ({ id = '\x01', code = 0, text = '', rest = '' }: Answer): string => {
  const result = element(0x0a, String.fromCharCode(code)) + element(4, '') + element(4, text);
  return element(2, id) + element(0x78, result + rest);
};
const answer = (it: Answer): string => element(0x30, body(it));

describe('LDAP', () => {
  test('the request is the one of RFC 4511 §4.14.1', () => {
    const [request = ''] = talk('ldap', []).sent;
    expect(Buffer.from(request, 'latin1').toString('hex')).toBe(
      `301d02010177188016${Buffer.from(OID).toString('hex')}`,
    );
  });

  const long = (octets: number, it: string): string =>
    `\x30${String.fromCharCode(0x80 + octets)}${'\0'.repeat(octets - 1)}${String.fromCharCode(it.length)}${it}`;

  test.each([
    ['without its name', answer({}), 'start-tls'],
    ['with its name', answer({ rest: element(0x8a, OID) }), 'start-tls'],
    ['with a length of four octets', long(4, body({})), 'start-tls'],
    ['with controls', element(0x30, body({}) + element(0xa0, '')), 'start-tls'],
    ['to another request', answer({ id: '\x02' }), 'protocol-error'],
    ['of another name', answer({ rest: element(0x8a, '1.2.3') }), 'protocol-error'],
    ['protocolError', answer({ code: 2, text: 'unsupported' }), 'no-tls'],
    ['unavailable', answer({ code: 52 }), 'tls-failed'],
    ['busy', answer({ code: 51 }), 'turned-away'],
    ['operationsError', answer({ code: 1 }), 'tls-failed'],
    ['notice of disconnection', answer({ id: '\0', code: 52 }), 'turned-away'],
    ['a search result', element(0x30, element(2, '\x01') + element(0x65, '')), 'protocol-error'],
    ['a length of five octets', `\x30\x85\0\0\0\0\x0c`, 'protocol-error'],
    ['the indefinite form', '\x30\x80', 'protocol-error'],
    ['a length of 4 GB', '\x30\x84\xff\xff\xff\xff', 'protocol-error'],
    ['an element longer than the message', '\x30\x04\x02\x7f\x01\x01', 'protocol-error'],
    ['a message of nothing', '\x30\x00', 'protocol-error'],
    ['a negative message number', answer({ id: '\xff' }), 'protocol-error'],
    [
      'a result in no octet',
      element(0x30, element(2, '\x01') + element(0x78, '\x0a\0\x04\0\x04\0')),
      'protocol-error',
    ],
    ['not LDAP', 'HT', 'protocol-error'],
  ])('an answer: %s', (_, octets, expected) => {
    expect(status('ldap', octets)).toBe(expected);
  });

  test('the text of the server is reported, without cursor control', () => {
    expect(talk('ldap', [answer({ code: 52, text: 'no \x1b[2Jkey' })]).outcome).toEqual({
      status: 'tls-failed',
      detail: 'StartTLS: result 52 "no ?[2Jkey"',
    });
  });
});

describe('PostgreSQL', () => {
  test('the request is an SSLRequest', () => {
    const [request = ''] = talk('postgres', []).sent;
    expect(Buffer.from(request, 'latin1').toString('hex')).toBe('0000000804d2162f');
  });

  test.each([
    ['S', 'start-tls'],
    ['N', 'no-tls'],
    ['Nx', 'no-tls'],
    ['E\0\0\0\x20SFATAL\0', 'turned-away'],
    ['S\0', 'protocol-error'],
    ['s', 'protocol-error'],
    ['\x16', 'protocol-error'],
  ])('%j', (octets, expected) => {
    expect(status('postgres', octets)).toBe(expected);
  });

  test('the text of an error is not authenticated, and not reported (CVE-2024-10977)', () => {
    const outcome = talk('postgres', ['E\0\0\0\x20SFATAL\0Mrun this command\0']).outcome;
    expect(JSON.stringify(outcome)).not.toContain('command');
  });
});
