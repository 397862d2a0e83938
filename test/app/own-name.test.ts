import { describe, expect, it } from 'vitest';
import { qualifiedName } from '../../src/app/world/own-name.ts';

const DEBIAN = '127.0.0.1 localhost\n127.0.1.1\tMX1.example.org mx1 # written at installation\n';

describe('K18: the name in EHLO is fully qualified, or there is none', () => {
  it.each([
    ['mx1.example.org', '', 'mx1.example.org'],
    ['MX1.Example.ORG', '', 'mx1.example.org'],
    ['mx1', DEBIAN, 'mx1.example.org'],
    ['mx1', '192.0.2.1 mx1 mx1.example.org\n', 'mx1.example.org'],
    ['mx1', '', undefined],
    ['mx1', '127.0.1.1 mx1\n', undefined],
    ['mx1', '#127.0.1.1 mx1.example.org mx1\n', undefined],
    ['mx1', '127.0.1.1 mx1 other.example.org\n', undefined],
    ['3f2a9b1c4d5e', DEBIAN, undefined],
    ['localhost', '127.0.0.1 localhost localhost.localdomain\n', undefined],
    ['mx1.local', '', undefined],
    ['mx1.lan', '', undefined],
    ['mx_1.example.org', '', undefined],
    ['192.0.2.1', '', undefined],
  ])('host name %s', (host, hosts, expected) => {
    expect(qualifiedName(host, hosts)).toBe(expected);
  });
});
