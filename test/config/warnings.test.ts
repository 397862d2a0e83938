import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import { whyInVain } from '../../src/config/zones.ts';

interface Written {
  readonly name: string;
  readonly more?: string;
  readonly services?: string;
}

const MAIN = '[provider.main]\ntype = "rfc2136"\nserver = "192.0.2.53"\n';

/** Certificates for mx1 and www. */
const warnings = (...certificates: readonly Written[]): readonly string[] =>
  warningsAt(MAIN, ...certificates);

/** `before`: providers and zones. */
function warningsAt(before: string, ...certificates: readonly Written[]): readonly string[] {
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
  return parseConfig(before + text.join(''), 'config.toml').warnings;
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
  ])('%s causes no warning', (_what, second) => {
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

describe('TLSA records where they have no effect', () => {
  const UNSIGNED = '[provider.cloud]\ntype = "hetzner"\ntoken = { env = "HCLOUD_TOKEN" }\n';
  const zone = (name: string, provider: string): string =>
    `[[zone]]\nname = "${name}"\nprovider = ${provider}\n`;
  const inVain = expect.stringMatching(
    /^certificate "a": provider "cloud" \(Hetzner\) signs no zone, .*: those of _25\._tcp\.mx1\.example\.org would protect nothing\. .*CNAME into a signed zone/,
  ) as string;

  it.each<[string, string]>([
    ['the only provider', UNSIGNED],
    ['the provider of the zone', UNSIGNED + MAIN + zone('example.org', '"cloud"')],
    [
      'the provider of the closest zone',
      UNSIGNED + MAIN + zone('example.org', '"main"') + zone('mx1.example.org', '"cloud"'),
    ],
    ['one of two that sign a zone', UNSIGNED + MAIN + zone('example.org', '["main", "cloud"]')],
  ])('%s signs no zone', (_what, before) => {
    expect(warningsAt(before, { name: 'a' })).toEqual([inVain]);
  });

  it.each<[string, string, Written]>([
    ['for TXT alone', zone('example.org', '"main"\nacme_provider = "cloud"'), { name: 'a' }],
    [
      'for another zone',
      zone('example.org', '"main"') + zone('www.example.org', '"cloud"'),
      { name: 'a' },
    ],
    [
      'for TLSA owners of a zone that is signed',
      zone('example.org', '"cloud"') + zone('example.net', '"main"'),
      {
        name: 'a',
        services: '{ url = "smtp://mx1.example.org", tlsa_owner = "_25._tcp.mx1.example.net" }',
      },
    ],
    [
      'for a certificate without DANE',
      zone('example.org', '"cloud"'),
      { name: 'a', more: 'dane = false' },
    ],
  ])('a provider that signs no zone causes no warning %s', (_what, zones, certificate) => {
    expect(warningsAt(UNSIGNED + MAIN + zones, certificate)).toEqual([]);
  });

  it('a CNAME is the hint where only the record type is missing', () => {
    const why = whyInVain({ types: ['TXT'], signs: 'on-request' }, '_25._tcp.mx1.example.org');
    expect(why).toContain(
      'does not support TLSA records: make _25._tcp.mx1.example.org a CNAME into a signed',
    );
    expect(whyInVain({ types: ['TXT', 'TLSA'], signs: 'on-request' }, 'x')).toBeUndefined();
    expect(whyInVain({ types: ['TXT', 'TLSA'], signs: 'other' }, 'x')).toBeUndefined();
  });
});

describe('K7: a staging directory beside a server in use', () => {
  const at = (directory: string): readonly string[] =>
    warningsAt(`[acme]\ndirectory = "${directory}"\n${MAIN}`, { name: 'mx1' });

  it('causes a warning, with the certificates that it would reach', () => {
    const found = at('https://acme-staging-v02.api.letsencrypt.org/directory');
    expect(found).toContainEqual(
      expect.stringMatching(/staging environment, whose certificates no client trusts, and "mx1"/),
    );
  });

  it('and production does not', () => {
    const found = at('https://acme-v02.api.letsencrypt.org/directory');
    expect(found.join(' ')).not.toContain('staging');
  });
});
