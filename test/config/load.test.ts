import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { loadConfig, parseConfig } from '../../src/config/load.ts';

const BASE = `[provider.main]
type = "rfc2136"
server = "192.0.2.53"
[[certificate]]
name = "mx1"
domains = ["mx1.example.org"]
`;

function problems(text: string): readonly string[] {
  try {
    parseConfig(text, 'config.toml');
  } catch (error) {
    if (error instanceof AppError && error.code === 'CONFIG_INVALID')
      return error.message.split('\n');
    throw error;
  }
  return [];
}

describe('values', () => {
  it('become seconds, absolute names and absolute paths', () => {
    const config = parseConfig(
      `${BASE}services = ["smtp://MX1.example.org", { url = "imaps://mx1.example.org", connect = "[::1]:9930", running = false }]
deploy = [{ type = "files", certificate = "tls/mx1.pem", key = "tls/mx1.key", mode = "0640" }]
ttl = "30m"
[[zone]]
name = "Bücher.example"
nameservers = ["2001:db8::53", "[2001:db8::54]:5353", "ns1.example.org:54"]
`,
      '/etc/holger/config.toml',
    );
    expect(config.certificates[0]).toMatchObject({
      ttl: 1800,
      services: [
        { scheme: 'smtp', protocol: 'smtp', host: 'mx1.example.org.', port: 25, reachable: true },
        { protocol: 'imaps', port: 993, connect: { host: '::1', port: 9930 }, running: false },
      ],
      deploy: [{ certificate: '/etc/holger/tls/mx1.pem', mode: 0o640, timeout: 60 }],
    });
    expect(config.zones[0]).toMatchObject({
      name: 'xn--bcher-kva.example.',
      nameservers: [
        { host: '2001:db8::53', port: 53 },
        { host: '2001:db8::54', port: 5353 },
        { host: 'ns1.example.org', port: 54 },
      ],
    });
  });

  it('name the domain of an XMPP host, where it is another', () => {
    const at = (service: string): string => `${BASE}services = [${service}]\n`;
    const table = (scheme: string): string =>
      at(`{ url = "${scheme}://mx1.example.org", xmpp_domain = "Bücher.example" }`);
    const [service] = parseConfig(table('xmpp-server'), 'c.toml').certificates[0]?.services ?? [];
    expect(service).toMatchObject({ port: 5269, xmppDomain: 'xn--bcher-kva.example.' });
    expect(problems(table('imap')).join()).toMatch(/xmpp_domain.*has no meaning for imap/);
  });

  it('override [defaults], which overrides the built-in defaults', () => {
    const config = parseConfig(
      `${BASE}ttl = "10m"\n[defaults]\nttl = "20m"\nmargin = "2m"\n`,
      'c.toml',
    );
    expect(config.certificates[0]).toMatchObject({ ttl: 600, margin: 120, settle: 30 });
    expect(config.defaults).toMatchObject({ ttl: 1200, margin: 120 });
  });
});

describe('problems', () => {
  it('are reported all at once, in the order of the lines, with line, path and suggestion', () => {
    const text = `[acme]
emial = "a@example.org"
[provider.main]
type = "rfc2136"
server = "192.0.2.53"
[[zone]]
name = "example.org"
provider = "mian"
[[certificate]]
name = "a"
domains = ["a.example.org"]
services = [
  "smtp://a.example.org",
  { url = "smtp://b.example.org" },
]
[[certificate]]
name = "a"
domains = ["c.example.org"]
keytype = "ec-p256"
ttl = 3600
`;
    expect(problems(text)).toEqual([
      'config.toml:2: acme.emial: unknown key "emial", did you mean "email"?',
      'config.toml:8: zone[0].provider: there is no [provider.mian], did you mean "main"?',
      'config.toml:14: certificate[0].services[1]: b.example.org is not among the domains of this certificate',
      'config.toml:17: certificate[1].name: "a" is already the name of certificate[0]',
      'config.toml:19: certificate[1].keytype: unknown key "keytype", did you mean "key_type"?',
      'config.toml:20: certificate[1].ttl: expected a duration with units like "36h", got 3600',
    ]);
  });

  it('issuers that do not exist, or under the name of [acme], or twice', () => {
    const text = `${BASE}issuer = ["zerosl", "acme", "acme"]
[issuer.zerossl]
type = "acme"
directory = "https://acme.zerossl.example/directory"
[issuer.acme]
type = "acme"
directory = "https://other.example/directory"
[defaults]
issuer = "nobody"
`;
    expect(problems(text).join('\n')).toMatch(
      /issuer: there is no \[issuer\.zerosl\], did you mean "zerossl"\?\n.*names an issuer twice\n.*issuer\.acme: "acme" is the issuer of \[acme\].*\n.*defaults\.issuer: there is no \[issuer\.nobody\]/,
    );
  });

  const one: readonly (readonly [string, string, RegExp])[] = [
    ['an unknown strategy', 'strategy = "stagd"', /expected .*"staged".*"stagd"/],
    ['an endless TTL', 'ttl = "30d"', /more than 7d/],
    ['half a second of TTL', 'ttl = "0.5s"', /whole number of seconds/],
    ['a wait shorter than the TTL', 'ttl_factor = 0.5', /less than 1/],
    ['a usage that does not exist', 'records = ["4 1 1"]', /usage, selector and matching type/],
    [
      'a full certificate in DNS',
      'records = ["3 1 0"]',
      /matching type 0, whole certificates or keys/,
    ],
    [
      'a command for a shell',
      'deploy = [{ type = "command", command = "reload" }]',
      /expected a list like/,
    ],
    ['a target without a place', 'deploy = [{ type = "files", mode = "0600" }]', /names no file/],
    [
      'two targets in one place',
      'deploy = [{ type = "files", combined = "/k" }, { type = "files", combined = "/k" }]',
      /written by/,
    ],
    ['an address as service', 'services = ["smtp://192.0.2.1"]', /names an address/],
    ['a service without port', 'services = ["tls://mx1.example.org"]', /needs a port/],
    ['a path instead of a name', 'name = "../x"', /redefine/],
  ];
  it.each(one)('name %s', (_, line, expected) => {
    const found = problems(`${BASE}${line}\n`);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(expected);
    if (!expected.source.includes('redefine'))
      expect(found[0]).toMatch(/^config\.toml:7: certificate\[0\]/);
  });

  it('name a certificate that cannot be proven, and one that several providers might serve', () => {
    const certificate = '[[certificate]]\nname = "a"\ndomains = ["a.example.org"]\n';
    expect(problems(certificate)).toEqual([
      expect.stringMatching(/:3: .*add a \[provider\.NAME\]/),
    ]);
    const two = ['a', 'b'].map(
      (name) => `[provider.${name}]\ntype = "rfc2136"\nserver = "192.0.2.1"\n`,
    );
    expect(problems(two.join('') + certificate)).toEqual([
      expect.stringMatching(/which of the providers a, b/),
    ]);
    const zone = '[[zone]]\nname = "example.org"\nprovider = "b"\n';
    expect(problems(two.join('') + certificate + zone)).toEqual([]);
  });

  it('accept a wildcard for one label, and no more', () => {
    const wild = (host: string): string =>
      BASE.replace('"mx1.example.org"', '"*.example.org"') + `services = ["https://${host}"]\n`;
    expect(problems(wild('www.example.org'))).toEqual([]);
    expect(problems(wild('a.b.example.org'))).toHaveLength(1);
    expect(problems(wild('example.org'))).toHaveLength(1);
  });

  it.each(['192.0.2.1', 'a.*.example.org', 'localhost', 'x y.example.org', 'a..example.org'])(
    'refuse the domain %s',
    (domain) => {
      expect(problems(BASE.replace('mx1.example.org', domain))).toHaveLength(1);
    },
  );

  it('find the line of values inside arrays, strings and dotted keys', () => {
    const text = `defaults.margin = "60s" # [not.a.table]
acme.email = """
[[certificate]]
"""
[provider]
main = { type = "rfc2136", server = ["192.0.2.1", # one
  "192.0.2.1:99999"] }
`;
    expect(problems(text)).toEqual([
      expect.stringMatching(/^config\.toml:7: provider\.main\.server\[1\]/),
    ]);
  });
});

describe('secrets', () => {
  const literal = 'c2VjcmV0LXNlY3JldC1zZWNyZXQ=';

  it('are refused when they are written out, and never repeated', () => {
    const text = `[provider.main]\ntype = "rfc2136"\nserver = "192.0.2.1"\ntsig = { name = "k", secret = "${literal}" }\n`;
    const found = problems(text).join('\n');
    expect(found).toMatch(
      /^config\.toml:4: provider\.main\.tsig\.secret: .*never contains secrets/,
    );
    expect(found).not.toContain(literal);
  });

  it('next to a syntax error are not in the message', () => {
    const found = problems(
      `[provider.main]\nsecret = "${literal}"\nserver = = 1\nother = "${literal}"\n`,
    );
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^config\.toml:3:\d+: Invalid TOML document/);
    expect(found[0]).not.toContain(literal);
  });

  it('must be written in exactly one place', () => {
    const text = '[acme]\neab = { kid = "k", hmac = { file = "/a", env = "B" } }\n';
    expect(problems(text)).toEqual([
      expect.stringMatching(/acme\.eab\.hmac: expected exactly one of/),
    ]);
  });
});

describe('warnings', () => {
  const warned = (lines: string): readonly string[] =>
    parseConfig(`${BASE}${lines}\n`, 'config.toml').warnings;
  const mail = 'services = ["smtp://mx1.example.org:25", "imaps://mx1.example.org:993"]';
  const web = 'services = ["https://mx1.example.org"]';

  it('say that usages 0 and 1 have no effect with mail servers', () => {
    const said =
      'published for smtp://mx1.example.org:25, where clients do not use usages 0 and 1 (RFC 7672 §3.1.3)';
    expect(warned(`${mail}\nrecords = ["3 1 1", "1 1 1"]`)).toEqual([
      `certificate "mx1": 1 1 1 is not ${said}`,
    ]);
    expect(warned(`${mail}\nrecords = ["0 1 1", "1 1 1"]`)).toEqual([
      `certificate "mx1": no records are ${said}`,
    ]);
  });
  it('do not say so for other services', () => {
    expect(warned(`${web}\nrecords = ["3 1 1", "1 1 1", "0 1 1"]`)).toEqual([]);
    expect(warned(mail)).toEqual([]);
    expect(warned(`${mail}\nrecords = ["1 1 1"]\ndane = false`)).toEqual([]);
  });
});

it('the message names the path when the file does not exist', async () => {
  await expect(loadConfig('/nowhere/config.toml')).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: 'there is no configuration at /nowhere/config.toml',
  });
});
