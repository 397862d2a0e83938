// ManageSieve, FTP, NNTP: what is special in each.
import { describe, expect, test } from 'vitest';
import { GOOD, status, talk } from './talk.ts';

describe('ManageSieve', () => {
  test('asks nothing before STARTTLS: the capabilities are the greeting', () => {
    expect(talk('sieve', GOOD.sieve).sent).toEqual(['STARTTLS\r\n']);
  });

  const AFTER = 'OK\r\n';
  test.each([
    ['in small letters', '"starttls"\r\nok\r\n'],
    ['as a literal', '{8}\r\nSTARTTLS\r\nOK\r\n'],
    [
      'behind a literal with a line end in it',
      '"IMPLEMENTATION" {5+}\r\na\r\nb"\r\n"STARTTLS"\r\nOK\r\n',
    ],
    ['behind an announced literal of nothing', '"OWNER" {0}\r\n\r\n"STARTTLS"\r\nOK\r\n'],
    ['with a response that is a literal', '"STARTTLS"\r\nOK {4}\r\nhi\r\n\r\n'],
  ])('finds STARTTLS %s', (_, greeting) => {
    expect(status('sieve', greeting, AFTER)).toBe('start-tls');
  });

  test.each([
    ['not offered', ['"SASL" "PLAIN"\r\nOK\r\n'], 'no-tls'],
    ['only as a value', ['"SASL" "STARTTLS"\r\nOK\r\n'], 'no-tls'],
    ['only within a literal', ['"X" {14}\r\n\r\n"STARTTLS"\r\n\r\nOK\r\n'], 'no-tls'],
    ['BYE', ['BYE "busy"\r\n'], 'turned-away'],
    ['refused', ['"STARTTLS"\r\nOK\r\n', 'NO "not now"\r\n'], 'tls-failed'],
    ['BYE for an answer', ['"STARTTLS"\r\nOK\r\n', 'BYE "gone"\r\n'], 'turned-away'],
    ['capabilities for an answer', ['"STARTTLS"\r\nOK\r\n', '"X"\r\nOK\r\n'], 'protocol-error'],
    ['a huge literal', ['"X" {4294967295}\r\n'], 'protocol-error'],
    ['not ManageSieve', ['220 mx\r\n'], 'protocol-error'],
  ] as const)('%s', (_, turns, expected) => {
    expect(status('sieve', ...turns)).toBe(expected);
  });
});

describe('FTP', () => {
  test('asks for the features, then for TLS', () => {
    expect(talk('ftp', GOOD.ftp).sent).toEqual(['FEAT\r\n', 'AUTH TLS\r\n']);
  });

  test.each([
    ['among others', ' AUTH SSL;TLS;TLS-C;\r\n'],
    ['in small letters', ' auth tls\r\n'],
    ['behind a line that looks like another reply', ' X\r\n530 no\r\n211-more\r\n AUTH TLS\r\n'],
  ])('finds AUTH TLS %s', (_, features) => {
    const turns = ['220-a\r\n221 not the end\r\n220 b\r\n', `211-F\r\n${features}211 End\r\n`];
    expect(status('ftp', ...turns, '234 go\r\n')).toBe('start-tls');
  });

  test.each([
    [
      'a greeting that asks for patience',
      ['120 2 min\r\n', '220 x\r\n', ...GOOD.ftp.slice(1)],
      'start-tls',
    ],
    ['without FEAT, with AUTH', ['220 x\r\n', '500 what?\r\n', '234 go\r\n'], 'start-tls'],
    ['with neither', ['220 x\r\n', '502 what?\r\n', '502 what?\r\n'], 'no-tls'],
    ['nothing before the login', ['220 x\r\n', '530 log in\r\n', '530 log in\r\n'], 'no-tls'],
    ['without FEAT, refused', ['220 x\r\n', '500 what?\r\n', '431 later\r\n'], 'tls-failed'],
    ['not offered', ['220 x\r\n', '211-F\r\n UTF8\r\n211 End\r\n'], 'no-tls'],
    ['no features at all', ['220 x\r\n', '211 none\r\n'], 'no-tls'],
    ['another AUTH', ['220 x\r\n', '211-F\r\n AUTH TLS-C;SSL\r\n211 End\r\n'], 'no-tls'],
    ['refused', ['220 x\r\n', '211-F\r\n AUTH TLS\r\n211 End\r\n', '534 no\r\n'], 'tls-failed'],
    [
      '334 is not 234',
      ['220 x\r\n', '211-F\r\n AUTH TLS\r\n211 End\r\n', '334 x\r\n'],
      'tls-failed',
    ],
    ['busy', ['421 too many\r\n'], 'turned-away'],
    ['not FTP', ['SSH-2.0-OpenSSH_9\r\n'], 'protocol-error'],
  ] as const)('%s', (_, turns, expected) => {
    expect(status('ftp', ...turns)).toBe(expected);
  });
});

describe('NNTP', () => {
  test('asks for the capabilities, then for TLS', () => {
    expect(talk('nntp', GOOD.nntp).sent).toEqual(['CAPABILITIES\r\n', 'STARTTLS\r\n']);
  });

  test.each([
    ['no posting', ['201 x\r\n', ...GOOD.nntp.slice(1)], 'start-tls'],
    ['not offered', ['200 x\r\n', '101 x\r\nVERSION 2\r\nXSTARTTLS\r\n.\r\n'], 'no-tls'],
    ['older than capabilities', ['200 x\r\n', '500 what?\r\n'], 'no-tls'],
    ['refused', ['200 x\r\n', '101\r\nSTARTTLS\r\n.\r\n', '580 no\r\n'], 'tls-failed'],
    ['temporarily not', ['400 later\r\n'], 'turned-away'],
    ['never', ['502 go away\r\n'], 'turned-away'],
    ['not NNTP', ['+OK\r\n'], 'protocol-error'],
  ] as const)('%s', (_, turns, expected) => {
    expect(status('nntp', ...turns)).toBe(expected);
  });
});
