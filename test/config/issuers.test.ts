import { expect, it } from 'vitest';
import { acmeIssuersFor, issuersFor, issuersOf, wishesAt } from '../../src/config/issuers.ts';
import { parseConfig } from '../../src/config/load.ts';
import { warningsFor } from '../../src/config/warnings.ts';

const config = parseConfig(
  `[acme]
directory = "https://one.example/directory"
[issuer.other]
type = "acme"
directory = "https://two.example/directory"
[issuer.again]
type = "acme"
directory = "https://one.example/directory"
`,
  '/etc/holger/config.toml',
);

it('two issuers at one CA have two ids: state and account of each are its own', () => {
  expect(issuersOf(config).map(({ name, id }) => [name, id])).toEqual([
    ['acme', 'https://one.example/directory'],
    ['other', 'https://two.example/directory'],
    ['again', 'https://one.example/directory#again'],
  ]);
});

it('a certificate has those that it names, in its order', () => {
  const names = issuersFor({ issuer: ['again', 'acme'] }, config).map(({ name }) => name);
  expect(names).toEqual(['again', 'acme']);
});

it('one that was removed, with an issuer that was removed too, has that of [acme]', () => {
  expect(issuersFor({ issuer: ['gone'] }, config).map(({ name }) => name)).toEqual(['acme']);
  expect(issuersFor({}, config).map(({ name }) => name)).toEqual(['acme']);
});

function parsed(issuer: string, defaults: string, certificate: string) {
  return parseConfig(
    `[provider.main]
type = "rfc2136"
server = "192.0.2.53"
key_file = { file = "tsig.key" }
[issuer.short]
type = "acme"
directory = "https://short.example/directory"
${issuer}
[defaults]
issuer = ["short", "acme"]
${defaults}
[[certificate]]
name = "mx1"
domains = ["mx1.example.org"]
${certificate}
`,
    'c.toml',
  );
}

function wishes(...text: Parameters<typeof parsed>) {
  const config = parsed(...text);
  const [certificate] = config.certificates;
  if (certificate === undefined) throw new RangeError('no certificate');
  return acmeIssuersFor(certificate, config).map((issuer) => wishesAt(certificate, issuer));
}

it('a profile of an issuer is asked for at this issuer alone', () => {
  expect(wishes('profile = "shortlived"', '', '')).toEqual([{ profile: 'shortlived' }, {}]);
});

it('what a certificate says of profiles takes the place of what its issuer and the defaults say', () => {
  expect(wishes('profile = "shortlived"', '', 'preferred_profile = "tlsserver"')).toEqual([
    { preferredProfile: 'tlsserver' },
    { preferredProfile: 'tlsserver' },
  ]);
  expect(wishes('', 'profile = "classic"', 'preferred_profile = "tlsserver"')[0]).toEqual({
    preferredProfile: 'tlsserver',
  });
  expect(wishes('preferred_chain = "Root A"', 'preferred_chain = "Root B"', '')).toEqual([
    { preferredChain: 'Root B' },
    { preferredChain: 'Root B' },
  ]);
});

it('a preferred profile beside a required one is a warning', () => {
  const both = 'profile = "a"\npreferred_profile = "b"';
  const idle = 'preferred_profile = "b" has no effect, because profile = "a" is required';
  expect(parsed(both, '', '').warnings).toContain(`issuer.short: ${idle}`);
  expect(parsed('', both, '').warnings).toContain(`certificate "mx1": ${idle}`);
  expect(parsed('', '', both).warnings).toContain(`certificate "mx1": ${idle}`);
  expect(parsed('', '', 'preferred_profile = "b"').warnings.join()).not.toContain('no effect');
});

it('a wait that is too long for the profile of one of its issuers is refused', () => {
  const service = 'services = ["smtp://mx1.example.org"]\nttl = "2d"';
  expect(parsed('', '', service).certificates).toHaveLength(1);
  expect(() => parsed('profile = "shortlived"', '', service)).toThrow(/of profile "shortlived"/);
  expect(() => parsed('preferred_profile = "shortlived"', '', service)).toThrow(
    /of profile "shortlived"/,
  );
});

it('a lifetime that is asked for counts for the wait, at the issuer or for the certificate', () => {
  const service = 'services = ["smtp://mx1.example.org"]\nttl = "1d"';
  expect(wishes('lifetime = "7d"', '', '')).toEqual([{ lifetime: 604_800 }, {}]);
  expect(wishes('lifetime = "7d"', '', 'lifetime = "30d"')[0]).toEqual({ lifetime: 2_592_000 });
  expect(parsed('', '', service).certificates).toHaveLength(1);
  expect(() => parsed('lifetime = "4d"', '', service)).toThrow(
    /a third of the 4d of a certificate/,
  );
  expect(() => parsed('lifetime = "5m"', '', '')).toThrow(/lifetime: is less than 1h/);
});

it("more names than Let's Encrypt puts into one certificate are a warning", () => {
  const domains = Array.from({ length: 26 }, (_, n) => `m${n}.example.org`);
  const warnings = (option: string): readonly string[] => {
    const { certificates, ...config } = parsed('', '', `issuer = "acme"\n${option}`);
    return warningsFor({ ...config, certificates: certificates.map((it) => ({ ...it, domains })) });
  };
  const limit = expect.stringContaining('letsencrypt.org issues certificates of at most 25 with');
  expect(warnings('profile = "tlsserver"')).toContainEqual(limit);
  expect(warnings('')).not.toContainEqual(limit);
});
