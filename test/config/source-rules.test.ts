// Certificates that another program renews, in the configuration.
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { issuersFor, pairFilesOf } from '../../src/config/issuers.ts';
import { parseConfig } from '../../src/config/load.ts';

const SOURCE = `[issuer.certbot]
type = "files"
lineage = "/etc/letsencrypt/live/{name}"
`;
const certificate = (more = ''): string => `[[certificate]]
name = "mx1"
domains = ["mx1.example.org"]
issuer = "certbot"
${more}
`;

function problems(text: string): string {
  try {
    parseConfig(text, '/etc/holger/config.toml');
    return '';
  } catch (error) {
    if (error instanceof AppError && error.code === 'CONFIG_INVALID') return error.message;
    throw error;
  }
}

function filesOf(issuer: string): unknown {
  const config = parseConfig(`${certificate()}${issuer}`, '/etc/holger/config.toml');
  const [first] = issuersFor(config.certificates[0] ?? {}, config);
  return first.type === 'files' ? pairFilesOf(first, 'mx1') : undefined;
}

describe('an issuer of the type files', () => {
  it('has a lineage, or a file for each of certificate and key', () => {
    expect(filesOf(SOURCE)).toEqual({
      certificate: '/etc/letsencrypt/live/mx1/fullchain.pem',
      key: '/etc/letsencrypt/live/mx1/privkey.pem',
    });
    const acmeSh = `[issuer.certbot]
type = "files"
certificate = "/root/.acme.sh/{name}_ecc/fullchain.cer"
key = "/root/.acme.sh/{name}_ecc/{name}.key"
`;
    expect(filesOf(acmeSh)).toEqual({
      certificate: '/root/.acme.sh/mx1_ecc/fullchain.cer',
      key: '/root/.acme.sh/mx1_ecc/mx1.key',
    });
  });

  it.each([
    [SOURCE.replace(/lineage.*/, ''), 'issuer.certbot: names no key and certificate'],
    [SOURCE.replace(/lineage/, 'certificate'), 'issuer.certbot: names no key and certificate'],
    [
      SOURCE.replace('files', 'dns'),
      'expected type = "acme", "files", "private-ca" or "self-signed"',
    ],
  ])('names both: %s', (issuer, problem) => {
    expect(problems(`${certificate()}${issuer}`)).toContain(problem);
  });
});

describe('a certificate that another program renews', () => {
  it('needs no provider for challenges, but one for its TLSA records', () => {
    expect(problems(`${certificate()}${SOURCE}`)).toBe('');
    const served = certificate('services = ["smtp://mx1.example.org"]');
    expect(problems(`${served}${SOURCE}`)).toContain(
      'certificate[0].services[0]: no provider can write TLSA records for mx1.example.org',
    );
    const ordinary = certificate('services = ["smtp://mx1.example.org"]\ndane = false');
    expect(problems(`${ordinary}${SOURCE}`)).toBe('');
  });

  it.each([
    'profile = "tlsserver"',
    'preferred_chain = "X1"',
    'renew = "10d"',
    'rotate_key_every = "90d"',
    'strategy = "reuse-key"',
  ])('decides nothing that the program decides: %s', (option) => {
    const [name = ''] = option.split(' ');
    expect(problems(`${certificate(option)}${SOURCE}`)).toContain(
      `certificate[0].${name}: is decided by the program that renews the certificates of "certbot"`,
    );
    const defaults = `[defaults]\nissuer = "certbot"\n${option}\n`;
    expect(problems(`${defaults}${certificate()}${SOURCE}`)).toContain(`defaults.${name}: is`);
  });

  it('has no other issuer beside it', () => {
    const two = certificate().replace('"certbot"', '["certbot", "acme"]');
    expect(problems(`${two}${SOURCE}`)).toContain('names "certbot", whose certificates another');
  });

  it.each([
    '{ type = "files", directory = "/etc/letsencrypt/live/mx1" }',
    '{ type = "files", combined = "/etc/letsencrypt/live/mx1/privkey.pem" }',
  ])('is never deployed to the files of the program: %s', (target) => {
    expect(problems(`${certificate(`deploy = [${target}]`)}${SOURCE}`)).toContain(
      'is already written by the program of issuer.certbot',
    );
  });
});

describe('an issuer that signs here', () => {
  const own = (more = ''): string =>
    `${certificate().replace('certbot', 'office')}[issuer.office]\ntype = "private-ca"\n${more}`;

  it('needs no provider for challenges, unless a CA is asked when it fails', () => {
    expect(problems(own())).toBe('');
    const withCa = own().replace('"office"', '["office", "acme"]');
    expect(problems(withCa)).toContain('no provider can write TXT records for mx1.example.org');
    const self = own().replace('private-ca', 'self-signed');
    expect(problems(self)).toBe('');
  });

  it.each(['profile = "tlsserver"', 'lifetime = "7d"', 'preferred_chain = "Root"'])(
    'takes no order option of a certificate: %s',
    (option) => {
      const text = own().replace('name = "mx1"', `name = "mx1"\n${option}`);
      expect(problems(text)).toContain('has no effect: none of its issuers is an ACME CA');
    },
  );

  it.each([
    ['ca_lifetime = "90d"', 'issuer.office.ca_lifetime: is not longer than lifetime'],
    ['lifetime = "12h"', 'is not between 1d and 36500d'],
    ['path_length = 1.5', 'is not a whole number'],
    ['permitted = ["-"]', 'issuer.office.permitted[0]'],
    [`common_name = "${'x'.repeat(65)}"`, 'is longer than 64 characters'],
    ['key_type = "dsa"', 'issuer.office.key_type'],
    ['directory = "https://ca.example"', 'issuer.office.directory'],
  ])('refuses %s', (option, problem) => {
    expect(problems(own(option))).toContain(problem);
  });
});
