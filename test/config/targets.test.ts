// [target.NAME] of each type, and what a certificate may be called there.
import { describe, expect, test } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';

const LB = '[target.lb]\ntype = "haproxy"\nsocket = "/run/haproxy/admin.sock"\n';
const HOOK = '[target.hook]\ntype = "webhook"\nurl = "https://deploy.example.org/x"\n';
const VAULT = `[target.bao]
type = "vault"
url = "https://bao.example.org:8200"
token = { file = "token" }
`;
const K8S = '[target.k8s]\ntype = "kubernetes"\nnamespace = "web"\n';
const SSH = '[target.host]\ntype = "ssh"\nhost = "mx1"\n';

const parsed = (targets: string, deploy: string, more = ''): Config =>
  parseConfig(
    `[provider.main]
type = "rfc2136"
server = "192.0.2.53"
${targets}
[[certificate]]
name = "A_1"
domains = ["a.example.org"]
deploy = [${deploy}]
${more}`,
    'config.toml',
  );

function problems(targets: string, deploy: string, more = ''): string {
  try {
    parsed(targets, deploy, more);
    return '';
  } catch (error) {
    if (error instanceof AppError) return error.message;
    throw error;
  }
}

describe('the socket of HAProxy', () => {
  test.each<[string, object]>([
    ['/run/haproxy/admin.sock', { path: '/run/haproxy/admin.sock' }],
    ['127.0.0.1:9999', { host: '127.0.0.1', port: 9999 }],
    ['[::1]:9999', { host: '::1', port: 9999 }],
  ])('%s', (socket, expected) => {
    const text = LB.replace('/run/haproxy/admin.sock', socket);
    expect(parsed(text, '').target['lb']).toMatchObject({ socket: expected });
  });

  test.each([
    ['192.0.2.7:9999', /private key would be sent unencrypted/],
    ['127.0.0.1', /expected a socket/],
    ['admin.sock', /expected a socket/],
  ])('not %s', (socket, message) => {
    expect(problems(LB.replace('/run/haproxy/admin.sock', socket), '')).toMatch(message);
  });
});

describe('the name at a target', () => {
  test.each<[string, string, string]>([
    ['a section', SSH, '{ target = "host", name = "mx.1" }'],
    ['the certificate itself', SSH, '"host"'],
    ['a file of HAProxy', LB, '{ target = "lb", name = "/etc/haproxy/certs/a.pem" }'],
    ['a path in Vault', VAULT, '{ target = "bao", name = "team/mx1" }'],
    ['a Secret', K8S, '{ target = "k8s", name = "www.tls" }'],
    ['a file in a store of HAProxy', LB, '{ target = "lb", name = "@web/a.pem" }'],
  ])('may be %s', (_, targets, deploy) => {
    expect(problems(targets, deploy)).toBe('');
  });

  test.each<[string, string, string, RegExp]>([
    [
      'a path at holger-receive',
      SSH,
      '{ target = "host", name = "../a" }',
      /name: cannot name a section/,
    ],
    ['missing for HAProxy', LB, '"lb"', /show ssl cert/],
    [
      'two words for HAProxy',
      LB,
      '{ target = "lb", name = "a b" }',
      /cannot name a certificate of/,
    ],
    ['another command for HAProxy', LB, '{ target = "lb", name = "a;quit" }', /cannot name a/],
    ['a transaction of HAProxy', LB, '{ target = "lb", name = "*a" }', /cannot name a certificate/],
    [
      'that of another certificate there',
      LB,
      '{ target = "lb", name = "a" }, { target = "lb", name = "a" }',
      /is deployed there under the same name/,
    ],
  ])('is not %s', (_, targets, deploy, message) => {
    expect(problems(targets, deploy)).toMatch(message);
  });

  test('a receiver takes the certificate of a request without its key', () => {
    expect(problems(HOOK, '"hook"', 'csr = "a.csr"')).toBe('');
  });

  test('a target that gets the key is not for a certificate of a request', () => {
    const deploy = '{ target = "lb", name = "/a.pem" }';
    expect(problems(LB, deploy, 'csr = "a.csr"')).toMatch(/cannot be used with csr/);
  });
});

describe('an address that gets the private key', () => {
  test.each(['https://deploy.example.org/x', 'http://127.0.0.1:8080/x', 'http://[::1]/'])(
    'is %s',
    (url) => expect(problems(HOOK.replace(/https:[^"]+/, url), '')).toBe(''),
  );

  test.each(['http://deploy.example.org/x', 'http://192.0.2.7', 'ftp://a/', 'deploy'])(
    'is not %s',
    (url) => expect(problems(HOOK.replace(/https:[^"]+/, url), '')).toMatch(/https:/),
  );

  test('is not repeated in full where it is refused, because the path may be a secret', () => {
    expect(problems(HOOK.replace('https', 'http'), '')).not.toContain('/x"');
  });
});

test('the token of a pod is not sent to another cluster', () => {
  const other = `${K8S}server = "https://k8s.example.org:6443"\n`;
  expect(problems(other, '')).toMatch(/token: is needed with server/);
  expect(problems(`${other}token = { file = "token" }\n`, '')).toBe('');
});

describe('HAProxy loads a file when it starts', () => {
  const deploy = '{ target = "lb", name = "/etc/haproxy/a.pem" }';
  const warns = (targets: string, more: string): boolean =>
    parsed(targets, `${deploy}${more}`).warnings.some((one) => one.includes('HAProxy loads'));

  test('a file that no target writes is a warning', () => {
    expect(warns(LB, '')).toBe(true);
    expect(warns(LB, ', { type = "files", combined = "/etc/b.pem" }')).toBe(true);
    expect(warns(`${LB}${SSH}`, ', "host"')).toBe(true);
  });

  test('one that a target writes is not', () => {
    expect(warns(LB, ', { type = "files", combined = "/etc/haproxy/a.pem" }')).toBe(false);
  });

  test('behind a tunnel, holger-receive writes it', () => {
    const tunnel = LB.replace('/run/haproxy/admin.sock', '127.0.0.1:9999');
    expect(warns(tunnel, '')).toBe(true);
    expect(warns(`${tunnel}${SSH}`, ', { target = "host", name = "a" }')).toBe(false);
  });
});
