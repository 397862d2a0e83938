import { describe, expect, it } from 'vitest';
import { resolverOf } from '../../src/cli/resolver-option.ts';
import { remoteOf, remoteWarning } from '../../src/resolver/on-machine.ts';
import { resolversIn } from '../../src/resolver/resolv-conf.ts';

const addressesIn = (text: string): readonly string[] =>
  resolversIn(text).map(({ address }) => address);

describe('K40: without a configuration the resolvers of this machine are used', () => {
  it.each<[string, string, readonly string[]]>([
    ['one', 'nameserver 192.0.2.1\n', ['192.0.2.1']],
    ['several, in their order', 'nameserver ::1\nnameserver 192.0.2.1\n', ['::1', '192.0.2.1']],
    ['no more than three', 'nameserver 192.0.2.1\n'.repeat(5), Array(3).fill('192.0.2.1')],
    ['IPv6 with a scope', 'nameserver fe80::1%eth0\n', ['fe80::1%eth0']],
    [
      'among comments and other lines',
      '# nameserver 192.0.2.9\n; nameserver 192.0.2.8\nsearch example.org\nnameserver\t192.0.2.1 # here\r\noptions edns0 trust-ad\n',
      ['192.0.2.1'],
    ],
    [
      'not a name, and not half an address',
      'nameserver localhost\nnameserver 192.0.2\n',
      ['127.0.0.1', '::1'],
    ],
    ['this machine, where none is named', 'search example.org\n', ['127.0.0.1', '::1']],
    ['this machine, without the file', '', ['127.0.0.1', '::1']],
  ])('%s', (_, text, expected) => {
    expect(addressesIn(text)).toEqual(expected);
  });
});

describe('K16: a resolver that is not on this machine causes a warning', () => {
  it.each(['127.0.0.1', '127.0.0.53', '127.8.9.10', '::1', '0:0:0:0:0:0:0:1'])(
    'not %s',
    (address) => {
      expect(remoteOf([{ address }])).toEqual([]);
    },
  );

  it.each(['192.0.2.1', '2001:db8::1', 'fe80::1%eth0', '127.0.0.11'])('%s', (address) => {
    expect(remoteOf([{ address }])).toEqual([address]);
    expect(remoteWarning(address)).toContain(`the resolver ${address} is`);
  });
});

describe('--resolver', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1', 53],
    ['127.0.0.1:5353', '127.0.0.1', 5353],
    ['127.0.0.1#5353', '127.0.0.1', 5353],
    ['::1', '::1', 53],
    ['[::1]', '::1', 53],
    ['[2001:db8::53]:5353', '2001:db8::53', 5353],
    ['2001:db8::53', '2001:db8::53', 53],
    ['fe80::1%eth0', 'fe80::1%eth0', 53],
  ])('accepts %s', (text, host, port) => {
    expect(resolverOf(text)).toEqual({ host, port });
  });

  it.each([
    'dns.example.org',
    '192.0.2.53.4',
    '192.0.2.53@53',
    '127.0.0.1:0',
    '127.0.0.1:99999',
    '[127.0.0.1]:53',
    '',
  ])('refuses %j', (text) => {
    expect(() => resolverOf(text)).toThrow(/is not the address of a resolver/);
  });
});
