import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';

interface Written {
  readonly name: string;
  readonly more?: string;
  readonly services?: string;
}

/** Certificates for mx1 and www. */
function warnings(...certificates: readonly Written[]): readonly string[] {
  const text = certificates.map(
    ({ name, more = '', services = '"smtp://mx1.example.org:25"' }) => `
[[certificate]]
name = "${name}"
domains = ["mx1.example.org", "www.example.org"]
services = [${services}]
deploy = [{ type = "files", certificate = "/etc/${name}.pem", key = "/etc/${name}.key" }]
${more}
`,
  );
  const provider = '[provider.main]\ntype = "rfc2136"\nserver = "192.0.2.53"\n';
  return parseConfig(provider + text.join(''), 'config.toml').warnings;
}

describe('two certificates that name one service', () => {
  it('with keys of one algorithm: only one of them can be presented there', () => {
    const [warning = '', ...others] = warnings(
      { name: 'old', services: '"smtp://mx1.example.org", "imaps://mx1.example.org"' },
      {
        name: 'new',
        more: 'key_type = "ec-p384"',
        services: '"imaps://mx1.example.org:993", "smtp://MX1.example.org:25"',
      },
    );
    expect(others).toEqual([]);
    expect(warning).toContain('certificates "old" and "new" both have an ECDSA key');
    expect(warning).toContain(
      'name mx1.example.org:993, mx1.example.org:25: a server presents one',
    );
  });
  it.each<[string, Written]>([
    ['RSA beside ECDSA', { name: 'b', more: 'key_type = "rsa-2048"' }],
    ['another service', { name: 'b', services: '"imaps://mx1.example.org:993"' }],
    [
      'another machine behind the same name',
      {
        name: 'b',
        services: '{ url = "smtp://mx1.example.org:25", connect = "192.0.2.7:25" }',
      },
    ],
    [
      'a service that does not run yet',
      { name: 'b', services: '{ url = "smtp://mx1.example.org:25", running = false }' },
    ],
  ])('%s is nothing to warn of', (_what, second) => {
    expect(warnings({ name: 'a' }, second)).toEqual([]);
  });
});

it('a certificate without DANE where another one publishes TLSA records', () => {
  const rsa = { name: 'rsa', more: 'key_type = "rsa-2048"\ndane = false' };
  expect(warnings({ name: 'ecdsa' }, rsa)).toEqual([
    expect.stringContaining(
      '"rsa" has dane = false, but "ecdsa" publishes TLSA records at _25._tcp.mx1.example.org.',
    ),
  ]);
  const elsewhere = { ...rsa, services: '"imaps://mx1.example.org"' };
  expect(warnings({ name: 'ecdsa' }, elsewhere)).toEqual([]);
});

it('a certificate without services, and a wait of days', () => {
  expect(warnings({ name: 'a', services: '', more: 'ttl = "2d"' })).toEqual([
    expect.stringContaining('has no services'),
    expect.stringContaining('makes every rollover wait 4d'),
  ]);
});
