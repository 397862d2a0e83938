import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import type { LogOptions } from '../../src/observe/logger.ts';
import { createLogger } from '../../src/observe/logger.ts';
import { redactText, registerSecret } from '../../src/observe/redact.ts';

function capture(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  const log = createLogger({ verbosity: 0, style: 'json', stream, ...options });
  return { log, output: () => lines.join('') };
}

const TSIG = 'kp4/24gyYsEzbuTVJRUMoqGFmN3LYgVDzJ/3oRSP7ys=';
const KEY = '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----\n';

describe.each(['json', 'text'] as const)('a %s log', (style) => {
  it.each([
    ['a registered value', TSIG],
    ['the bytes of a registered value', Buffer.from(TSIG, 'base64').toString('hex')],
    ['a private key', KEY],
    ['half a private key', KEY.slice(0, 48)],
    ['a bearer token', 'Bearer abcdefgh12345678'],
  ])('never shows %s, at any place', (_, secret) => {
    registerSecret(TSIG);
    const { log, output } = capture({ style });
    const error = new AppError('HTTP_FAILED', `got ${secret}`, {
      details: { nested: [{ deep: secret }] },
      cause: new Error(secret),
    });
    log.warn(`said ${secret}`, {
      field: secret,
      error,
      list: [secret],
      bytes: Buffer.from(secret),
    });
    log.info('second', { [secret]: 1, map: new Map([['a', secret]]) });
    const body = secret.replace(/^(-----BEGIN PRIVATE KEY-----\n|Bearer )/, '').slice(0, 10);
    expect(output()).not.toContain(body);
    expect(output()).toContain('[redacted]');
  });
});

it('masks fields that are secret by name', () => {
  const { log, output } = capture();
  log.info('sent', {
    headers: { Authorization: 'xyzzy-1' },
    password: 'xyzzy-2',
    tsig: { secret: 'xyzzy-3' },
  });
  expect(output()).not.toContain('xyzzy');
});

it('masks user information in URLs', () => {
  for (const who of [
    'user:hunter2',
    ':hunter2',
    'hunter2',
    'user:h@nt:er2',
    'user@example.net:x',
  ]) {
    const text = redactText(`see https://${who}@example.org/@all?to=a@example.org.`);
    expect(text).toBe('see https://[redacted]@example.org/@all?to=a@example.org.');
  }
});

it('writes JSON lines with time, level, message and fields', () => {
  const { log, output } = capture();
  log.info('tlsa published', { certificate: 'mx1', ttl: 3600, message: 'inner' });
  expect(JSON.parse(output())).toEqual({
    at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
    level: 'info',
    message: 'tlsa published',
    certificate: 'mx1',
    ttl: 3600,
    detail: 'inner',
  });
});

it('writes text with fields behind the message', () => {
  const { log, output } = capture({ style: 'text' });
  log.warn('server differs', { server: 'ns1.example.org.', why: 'old serial' });
  expect(output()).toBe(
    'holger: warning: server differs server=ns1.example.org. why="old serial"\n',
  );
});

it.each([
  [-2, ['error']],
  [-1, ['warn', 'error']],
  [0, ['info', 'warn', 'error']],
  [1, ['debug', 'info', 'warn', 'error']],
  [2, ['trace', 'debug', 'info', 'warn', 'error']],
])('at verbosity %i shows %j', (verbosity, shown) => {
  const { log, output } = capture({ verbosity, style: 'text' });
  for (const level of ['trace', 'debug', 'info', 'warn', 'error'] as const) log[level]('x');
  const words = shown.map((level) => (level === 'warn' ? 'warning' : level));
  expect(output()).toBe(words.map((level) => `holger: ${level}: x\n`).join(''));
});
