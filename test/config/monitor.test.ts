// [monitor]: its defaults, and what is refused.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { MonitorConfig } from '../../src/config/schema.ts';
import { withEveryOption } from '../support/every-option.ts';

const monitorOf = (text: string): MonitorConfig =>
  parseConfig(text, '/etc/holger/config.toml').monitor;

function problems(text: string): string {
  try {
    monitorOf(text);
  } catch (error) {
    if (error instanceof AppError && error.code === 'CONFIG_INVALID') return error.message;
    throw error;
  }
  return '';
}

const notify = (sink: string): string => `[monitor]\nnotify = [${sink}]\n`;
const email = (more = ''): string =>
  notify(`{ type = "email", from = "a@example.org", to = "b@example.org"${more} }`);

test('by default it checks what is configured, every quarter of an hour, and sends no messages', () => {
  expect(monitorOf('')).toEqual({
    ...{ interval: 900, targets: [], configured: true, silence: [], repeat: 1, remind: 86_400 },
    notify: [],
  });
});

test('targets are services, domains are asked for their MX or SRV records', () => {
  const { targets } = monitorOf(
    '[monitor]\ntargets = ["mx1.example.org:25"]\nmx = ["example.org"]\nxmpp = ["example.org"]',
  );
  expect(targets).toMatchObject([
    { kind: 'service', url: 'smtp://mx1.example.org:25' },
    { kind: 'mail', domain: 'example.org.' },
    { kind: 'xmpp', domain: 'example.org.' },
  ]);
});

test('the mail server of this machine is used in the clear, any other with STARTTLS', () => {
  const tls = (more?: string): unknown => monitorOf(email(more)).notify[0];
  expect(tls()).toMatchObject({ smtp: { host: '127.0.0.1', port: 25 }, tls: 'none' });
  expect(tls(', smtp = "[::1]:25"')).toMatchObject({ tls: 'none' });
  expect(tls(', smtp = "mail.example.org"')).toMatchObject({ tls: 'starttls' });
});

test('paths are those of the configuration; secrets are references', () => {
  const [sink] = monitorOf(
    email(
      ', smtp = "mail.example.org", ca_file = "ca.pem", username = "u", password = { file = "p" }',
    ),
  ).notify;
  expect(sink).toMatchObject({
    caFile: '/etc/holger/ca.pem',
    login: { username: 'u', password: { kind: 'file', file: '/etc/holger/p' } },
  });
});

test.each([
  [
    email(', smtp = "mail.example.org", tls = "none", username = "u", password = { env = "P" }'),
    'a password is not sent unencrypted',
  ],
  [email(', username = "u"'), 'username and password go together'],
  [email(', password = { env = "P" }'), 'username and password go together'],
  [
    notify('{ type = "email", from = "postmaster", to = "b@example.org" }'),
    'expected an address like "postmaster@example.org", got "postmaster"',
  ],
  [
    notify('{ type = "webhook", url = "http://example.org/", bearer = { env = "T" } }'),
    'a bearer token is not sent unencrypted',
  ],
  [notify('{ type = "sms" }'), 'expected type = "email", "webhook" or "command"'],
  ['[monitor]\ninterval = "1s"', 'is less than 10s'],
  ['[monitor]\nsilence = ["mismatsch"]', 'did you mean'],
  ['[monitor]\ntargets = ["example.org"]', 'is neither a host with a port'],
  ['[monitor]\nrepeat = 0', 'is less than 1'],
])('%s', (text, wanted) => {
  expect(problems(text)).toContain(wanted);
});

test('a secret that is written out is not repeated', () => {
  const said = problems(email(', username = "u", password = "hunter22"'));
  expect(said).toContain('the configuration never contains secrets');
  expect(said).not.toContain('hunter22');
});

test('the example shows the defaults, and every option', () => {
  const text = readFileSync('config.example.toml', 'utf8');
  const shown = parseConfig(withEveryOption(text), '/etc/holger/config.toml');
  const { interval, configured, repeat, remind, notify: sinks } = shown.monitor;
  const defaults = monitorOf('');
  expect({ interval, configured, repeat, remind }).toEqual({
    interval: defaults.interval,
    configured: defaults.configured,
    repeat: defaults.repeat,
    remind: defaults.remind,
  });
  expect(sinks.map(({ type }) => type)).toEqual(['email', 'webhook', 'command']);
  for (const sink of sinks) expect(Object.values(sink)).not.toContain(undefined);
});
