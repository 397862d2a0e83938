// The test environments of CAs.
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import { stagingDirectoryOf } from '../../src/config/staging.ts';

const LETS_ENCRYPT = 'https://acme-v02.api.letsencrypt.org/directory';
const STAGING = 'https://acme-staging-v02.api.letsencrypt.org/directory';

const at = (directory: string, more = '') =>
  parseConfig(`[acme]\ndirectory = "${directory}"\n${more}`, '/etc/holger/config.toml').acme;

describe('the test environment of a CA', () => {
  it('is known for some CAs, and is the CA itself where that is one', () => {
    expect(stagingDirectoryOf(parseConfig('', '/x.toml').acme)).toBe(STAGING);
    expect(stagingDirectoryOf(at(STAGING))).toBe(STAGING);
    expect(stagingDirectoryOf(at('https://dv.acme-v02.api.pki.goog/directory'))).toBe(
      'https://dv.acme-v02.test-api.pki.goog/directory',
    );
    expect(stagingDirectoryOf(at('https://ca.example/directory'))).toBeUndefined();
  });

  it('is the configured one, with an external account of its own', () => {
    const acme = at(
      'https://ca.example/directory',
      `staging_directory = "https://try.ca.example/directory"
eab = { kid = "live", hmac = { env = "EAB" } }
staging_eab = { kid = "trial", hmac = { env = "STAGING_EAB" } }`,
    );
    expect(stagingDirectoryOf(acme)).toBe('https://try.ca.example/directory');
    expect(acme.stagingEab).toEqual({ kid: 'trial', hmac: { kind: 'env', env: 'STAGING_EAB' } });
  });

  it.each([
    ['https://ca.example/directory', 'https://ca.example/directory', 'is the directory itself'],
    ['https://ca.example/directory', LETS_ENCRYPT, 'issues real certificates'],
    [LETS_ENCRYPT, LETS_ENCRYPT, 'is the directory itself'],
  ])('K7: of %s is not %s', (directory, staging, why) => {
    expect(() => at(directory, `staging_directory = "${staging}"`)).toThrow(why);
  });

  it('may be the same, where the CA is a test environment', () => {
    expect(at(STAGING, `staging_directory = "${STAGING}"`).stagingDirectory).toBe(STAGING);
  });
});
