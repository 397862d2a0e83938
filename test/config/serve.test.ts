// [serve]: where it listens, and what must be said for that.
import { expect, test } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { parseConfig } from '../../src/config/load.ts';

const serveOf = (text: string) => parseConfig(`[serve]\n${text}`, '/etc/holger/config.toml').serve;

function problems(text: string): string {
  try {
    serveOf(text);
  } catch (error) {
    if (error instanceof AppError && error.code === 'CONFIG_INVALID') return error.message;
    throw error;
  }
  return '';
}

const TOKEN = 'token = { file = "serve.token" }\n';
const TLS = 'certificate = "serve.pem"\nkey = "serve.key"\n';

test('by default it listens nowhere', () => {
  expect(serveOf('').listen).toBeUndefined();
});

test('it listens at an address of this machine, or at a socket, without more', () => {
  for (const host of ['127.0.0.1', '::1']) {
    const listen = host.includes(':') ? `[${host}]:8443` : `${host}:8443`;
    expect(serveOf(`listen = "${listen}"`).listen).toEqual({ host, port: 8443 });
  }
  expect(serveOf('listen = "/run/holger/serve.sock"').listen).toEqual({
    socket: '/run/holger/serve.sock',
  });
});

test('paths are relative to the configuration, and headers and names have one case', () => {
  expect(
    serveOf(
      `listen = "127.0.0.1:1"\nnames = ["Holger.Example.ORG"]\nuser_header = "X-User"\nproxies = ["192.0.2.7"]\n${TOKEN}${TLS}`,
    ),
  ).toMatchObject({
    ...{ names: ['holger.example.org'], userHeader: 'x-user', proxies: ['192.0.2.7'] },
    token: { kind: 'file', file: '/etc/holger/serve.token' },
    certificate: '/etc/holger/serve.pem',
  });
});

test.each([
  ['listen = "8443"', 'expected an address with a port'],
  ['listen = "127.0.0.1"', 'expected an address with a port'],
  ['listen = "holger.example.org:8443"', 'expected an address with a port'],
  [`listen = "/${'a'.repeat(101)}"`, 'expected an address with a port'],
  ['listen = "0.0.0.0:8443"', 'is not on this machine alone: set token, or user_header'],
  ['listen = "192.0.2.1:8443"', 'is not on this machine alone'],
  [`listen = "192.0.2.1:8443"\n${TOKEN}`, 'a token is not sent unencrypted'],
  ['listen = "127.0.0.1:1"\nuser_header = "X-User"', 'any request could carry user_header'],
  ['listen = "127.0.0.1:1"\nkey = "serve.key"', 'certificate and key go together'],
  [TOKEN, 'is missing'],
  ['user_header = "X User"', 'expected the name of a header'],
  ['names = ["https://holger.example.org"]', 'expected a host name'],
  ['proxies = ["proxy.example.org"]', 'expected an address'],
])('%s: %s', (text, problem) => {
  expect(problems(text)).toContain(problem);
});

test.each([
  [`listen = "192.0.2.1:8443"\n${TOKEN}${TLS}`],
  ['listen = "192.0.2.1:8443"\nuser_header = "X-User"\nproxies = ["192.0.2.7"]'],
  ['listen = "/run/s"\nuser_header = "X-User"'],
])('is allowed: %s', (text) => {
  expect(problems(text)).toBe('');
});
