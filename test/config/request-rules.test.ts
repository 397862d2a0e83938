// Certificates that are ordered with a request of the operator, in the configuration.
import { describe, expect, it } from 'vitest';
import { tasksOf } from '../../src/app/known/tasks.ts';
import { AppError } from '../../src/base/errors.ts';
import { parseConfig } from '../../src/config/load.ts';

const PROVIDER = '[provider.main]\ntype = "rfc2136"\nserver = "192.0.2.53"\n';
const certificate = (more = ''): string => `[[certificate]]
name = "mx1"
domains = ["mx1.example.org"]
csr = "requests/mx1.csr"
${more}
`;
const parse = (text: string) => parseConfig(PROVIDER + text, '/etc/holger/config.toml');

function problems(text: string): string {
  try {
    parse(text);
    return '';
  } catch (error) {
    if (error instanceof AppError && error.code === 'CONFIG_INVALID') return error.message;
    throw error;
  }
}

describe('a certificate with csr', () => {
  it.each([
    ['a file and a reload', 'deploy = [{ type = "files", certificate = "/a/cert.pem" }]'],
    [
      'the key of the service beside it',
      'deploy = [{ type = "files", certificate = "/a/c.pem", chain = "/a/i.pem", existing_key = "/a/k.pem" }]',
    ],
    ['a command', 'deploy = [{ type = "command", command = ["/usr/local/sbin/push"] }]'],
    ['a private CA', 'issuer = "office"\n[issuer.office]\ntype = "private-ca"'],
    ['no target: the live folder', ''],
  ])('has %s', (_, more) => {
    expect(problems(certificate(more))).toBe('');
  });

  it.each([
    ['key_type = "rsa-2048"', 'key_type: has no effect'],
    ['rotate_key_every = "90d"', 'rotate_key_every: has no effect'],
    ['strategy = "prepublished"', 'strategy: has no effect'],
    ['strategy = "reuse-key"', 'strategy: has no effect'],
    ['deploy = [{ type = "files", certificate = "/a/c", key = "/a/k" }]', 'key: contains'],
    ['deploy = [{ type = "files", combined = "/a/all.pem" }]', 'combined: contains'],
    ['deploy = [{ type = "files", directory = "/a" }]', 'directory: contains'],
    [
      'deploy = [{ type = "command", command = ["/x"], compatible = "certbot" }]',
      'compatible: gives the command the private key, which is not here',
    ],
    ['deploy = [{ type = "files", chain = "/a/i.pem" }]', 'chain: is placed without'],
    [
      'deploy = [{ type = "files", chain = "/a/i.pem", existing_key = "/a/k" }]',
      'existing_key: has no effect without certificate',
    ],
    [
      'deploy = [{ type = "files", pkcs12 = "/a/x.p12", pkcs12_password = { file = "/a/p" } }]',
      'pkcs12: contains the private key, which is not here',
    ],
    [
      'deploy = [{ type = "files", certificate = "requests/mx1.csr" }]',
      'already written by the operator: it is certificate[0].csr',
    ],
    ['issuer = "own"\n[issuer.own]\ntype = "self-signed"', 'not possible with issuer "own"'],
    [
      'issuer = "certbot"\n[issuer.certbot]\ntype = "files"\nlineage = "/x/{name}"',
      'not possible with issuer "certbot": another program makes its keys',
    ],
  ])('has no %s', (more, words) => {
    expect(problems(certificate(more))).toContain(words);
  });

  it('without csr, a certificate still has a key beside it', () => {
    const deploy = 'deploy = [{ type = "files", certificate = "/a/cert.pem" }]';
    expect(problems(certificate(deploy).replace(/csr.*/, ''))).toContain('without its key');
  });

  it('is ordered with that file; what [defaults] says of keys does not apply', () => {
    const defaults = '[defaults]\nstrategy = "prepublished"\nrotate_key_every = "90d"\n';
    const config = parse(defaults + certificate());
    const [task] = tasksOf(config.certificates, config);
    expect(task?.intent).toMatchObject({
      ...{ strategy: 'staged', request: '/etc/holger/requests/mx1.csr' },
    });
    expect(task?.intent).not.toHaveProperty('rotateKeyEvery');
    expect(task?.request?.watches).toEqual(['/etc/holger/requests/mx1.csr']);
  });
});
