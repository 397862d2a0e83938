import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { findConfig, parseConfig } from '../../src/config/load.ts';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BASE = `[provider.main]
type = "rfc2136"
server = "192.0.2.53"
key_file = { file = "tsig.key" }
`;
const certificate = (options: string): string =>
  `${BASE}[[certificate]]\nname = "mx1"\ndomains = ["mx1.example.org"]\nservices = ["smtp://mx1.example.org"]\n${options}\n`;

function fault(text: string): string {
  try {
    parseConfig(text, 'c.toml');
  } catch (error) {
    if (error instanceof AppError && error.code === 'CONFIG_INVALID') return error.message;
    throw error;
  }
  return '';
}

describe('K36: addresses and URLs that certainly fail', () => {
  const server = (value: string): string => BASE.replace('192.0.2.53', value);

  it.each([
    '192.0.2.53.4',
    '192.0.2.53@53',
    '192.0.2',
    '300.1.1.1',
    'ns1_.example.org-',
    'ns1.example.org.53',
    '[192.0.2.1]:53',
    '*.example.org',
  ])('the server %s', (value) => {
    expect(fault(server(value))).toMatch(/provider\.main\.server/);
  });

  it.each([
    '192.0.2.53',
    '192.0.2.53:5353',
    '[2001:db8::53]:53',
    'ns1.example.org',
    'ns_1.bücher.example:53',
    'localhost',
  ])('the server %s is accepted', (value) => {
    expect(fault(server(value))).toBe('');
  });

  it.each(['192.0.2.53.4', '192.0.2.53@53'])(
    'name servers of a zone and resolvers: %s',
    (value) => {
      expect(fault(`${BASE}[[zone]]\nname = "example.org"\nnameservers = ["${value}"]\n`)).not.toBe(
        '',
      );
      expect(fault(`${BASE}[dns]\nresolver = ["${value}"]\n`)).not.toBe('');
    },
  );

  it.each(['192..2.7:443', 'a..b', '-.:1'])('connect at %s, with its line and path', (value) => {
    const text = certificate('').replace(
      '"smtp://mx1.example.org"',
      `{ url = "smtp://mx1.example.org", connect = "${value}" }`,
    );
    expect(fault(text)).toMatch(/c\.toml:\d+: .*services\[0\]\.connect: expected an address/);
  });

  it('a service at a host that is not valid', () => {
    expect(fault(certificate('').replace('smtp://mx1.example.org', 'smtp://192.0.2.1'))).not.toBe(
      '',
    );
    expect(
      fault(certificate('').replace('smtp://mx1.example.org', 'smtp://mx1.example.9')),
    ).not.toBe('');
  });

  it('an ACME directory without TLS, except on this machine', () => {
    const at = (url: string): string => fault(`[acme]\ndirectory = "${url}"\n`);
    expect(at('http://ca.example.org/directory')).toMatch(/not https:\/\/.*RFC 8555 §6\.1/);
    expect(at('ftp://ca.example.org/')).not.toBe('');
    expect(at('http://127.0.0.1:14000/dir')).toBe('');
    expect(at('http://[::1]:14000/dir')).toBe('');
  });

  it('credentials of a provider in clear text cause a warning', () => {
    const at = (url: string): readonly string[] =>
      parseConfig(
        `[provider.p]\ntype = "powerdns"\nendpoint = "${url}"\nkey = { env = "K" }\n`,
        'c',
      ).warnings;
    expect(at('http://192.0.2.1:8081').join()).toContain('without TLS');
    expect(at('http://127.0.0.1:8081').join()).not.toContain('without TLS');
  });

  it('a file without a setting, and one without a certificate', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'holger-empty-'));
    const path = join(dir, 'config.toml');
    for (const text of ['', '\n  \n', '# all of it\n\t# is a comment\n']) {
      await writeFile(path, text, { mode: 0o600 });
      await expect(findConfig(path)).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('it has no settings') as string,
      });
    }
    await rm(dir, { recursive: true });
    expect(parseConfig(BASE, 'c').warnings.join()).toContain('no [[certificate]] is configured');
  });
});

describe('K46: a configuration that leaves no record, or never ends its wait', () => {
  it.each([
    'records = ["2 1 1"]\ntrust_anchors = "none"',
    'records = ["2 0 1", "2 1 2"]\ntrust_anchors = "none"',
    'records = ["0 1 1", "1 1 1"]',
  ])('%s', (options) => {
    expect(fault(certificate(options))).toMatch(
      /certificate "mx1": records = .* gives no TLSA record/,
    );
  });

  it('the same in [defaults], where its value comes from', () => {
    expect(
      fault(`${certificate('records = ["2 1 1"]')}[defaults]\ntrust_anchors = "none"\n`),
    ).toMatch(/gives no TLSA record/);
  });

  it.each([
    'records = ["2 1 1", "3 1 1"]\ntrust_anchors = "none"',
    'records = ["2 1 1"]',
    'records = ["2 1 1"]\ntrust_anchors = "none"\ndane = false',
  ])('%s is accepted', (options) => {
    expect(fault(certificate(options))).toBe('');
  });

  it.each([
    ['35 days', 'ttl = "7d"\nttl_factor = 5', /waits 35d .*ttl × ttl_factor.*third of the 90d/],
    ['by the floor of caches', 'cache_floor = "40d"', /ttl \+ cache_floor/],
    ['14 days with a profile of six', 'profile = "shortlived"\nttl = "7d"', /profile "shortlived"/],
  ])('a wait of %s is refused with the calculation', (_, options, expected) => {
    expect(fault(certificate(options))).toMatch(expected);
  });

  it.each([
    'ttl = "7d"',
    'profile = "shortlived"',
    'ttl = "7d"\nttl_factor = 5\nstrategy = "reuse-key"',
  ])('%s is accepted', (options) => {
    expect(fault(certificate(options))).toBe('');
  });

  it.each([
    ['3 0 0', /matching type 0.*write 3 0 1/],
    ['3 1 0', /matching type 0/],
    ['3 2 1', /a selector 0 or 1/],
    ['5 1 1', /a usage is 0 to 3/],
    ['311', /like "3 1 1"/],
  ])('%s is refused by a message that names a value which is accepted', (written, expected) => {
    expect(fault(certificate(`records = ["${written}"]`))).toMatch(expected);
  });
});
