// [monitor] as it is written: what `check --watch` checks, how often, and who gets the messages.
import * as z from 'zod';
import { RULES } from '../../check/rules/catalogue.ts';
import type { RuleName } from '../../check/rules/catalogue.ts';
import { parseTarget } from '../../check/gather/target.ts';
import { DEPLOY_TIMEOUT, MONITOR } from '../defaults.ts';
import * as field from '../fields.ts';
import { list, optional, preset, required } from './option.ts';

const { table, text, flag, duration, word, parsed } = field;

const SHORTEST_INTERVAL = 10;
const LONGEST_REPEAT = 100;

const mailbox = parsed('an address like "postmaster@example.org"', (value) =>
  /^([^<>\r\n]*<)?[^\s<>@]+@[^\s<>@]+>?$/.test(value) && value.includes('<') === value.endsWith('>')
    ? value
    : undefined,
);

const caFile = optional(
  field.file,
  'PEM file: the CAs that are trusted instead of the public ones.',
  '/etc/ssl/certs/our-ca.pem',
);

const email = table({
  type: required(z.literal('email'), 'A message by mail.', 'email'),
  smtp: preset(
    field.server(25),
    MONITOR.smtp,
    'The mail server. That of this machine tries again where holger would have to.',
    'mail.example.org:587',
  ),
  tls: optional(
    word(['none', 'starttls', 'tls']),
    '"starttls" is required, "tls" is from the first byte. Without it "starttls", or ' +
      '"none" on this machine.',
    'starttls',
  ),
  ca_file: caFile,
  from: required(mailbox, 'The sender.', 'holger@example.org'),
  to: required(field.oneOrMore(mailbox), 'The recipients.', ['postmaster@example.org']),
  username: optional(text, 'The login, together with password.', 'holger'),
  password: optional(field.secret, 'The password, together with username.', {
    file: '/etc/holger/smtp.password',
  }),
})
  .transform((it) => ({
    ...it,
    tls: it.tls ?? (field.isLoopback(it.smtp.host) ? 'none' : 'starttls'),
  }))
  .superRefine((it, context) => {
    const say = (key: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [key], message });
    if ((it.username === undefined) !== (it.password === undefined)) {
      say(it.username === undefined ? 'password' : 'username', 'username and password go together');
    }
    if (it.username !== undefined && it.tls === 'none' && !field.isLoopback(it.smtp.host)) {
      say('tls', 'a password is not sent unencrypted: use tls = "starttls" or "tls"');
    }
  })
  .transform(({ username, password, ...rest }) => ({
    ...rest,
    login: username === undefined || password === undefined ? undefined : { username, password },
  }));

const webhook = table({
  type: required(z.literal('webhook'), 'The document as a POST.', 'webhook'),
  url: required(field.https, 'Where it is sent.', 'https://alerts.example.org/holger'),
  ca_file: caFile,
  bearer: optional(field.secret, 'A token that is sent unchanged.', { credential: 'alerts-token' }),
  hmac: optional(field.secret, 'The key that signs the body (Holger-Signature: sha256=…).', {
    file: '/etc/holger/alerts.key',
  }),
}).superRefine(({ url, bearer }, context) => {
  const { protocol, hostname } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  if (bearer === undefined || protocol === 'https:' || field.isLoopback(host)) return;
  const message = 'a bearer token is not sent unencrypted: use an https:// URL, or hmac';
  context.addIssue({ code: 'custom', path: ['bearer'], message });
});

const command = table({
  type: required(z.literal('command'), 'The document on standard input of a command.', 'command'),
  command: required(field.argv, 'The program and its arguments; no shell reads them.', [
    '/usr/local/sbin/page-operator',
  ]),
  timeout: preset(duration, DEPLOY_TIMEOUT, 'How long the command may take.'),
});

const target = parsed('a target like "smtp://mx1.example.org:25"', (value) =>
  parseTarget(value, 'service'),
);
const mailDomain = parsed('a mail domain like "example.org"', (value) =>
  parseTarget(value, 'mail'),
);
const xmppDomain = parsed('an XMPP domain like "example.org"', (value) =>
  parseTarget(value, 'xmpp'),
);

const interval = duration.refine((seconds) => seconds >= SHORTEST_INTERVAL, {
  error: () => `is less than ${SHORTEST_INTERVAL}s: mail servers would treat it as an attack`,
});

const repeat = z
  .int({ error: () => 'expected a whole number' })
  .min(1, { error: () => 'is less than 1' })
  .max(LONGEST_REPEAT, { error: () => `is more than ${LONGEST_REPEAT}` })
  .meta({ title: `a whole number from 1 to ${LONGEST_REPEAT}` });

const notify = z.discriminatedUnion('type', [email, webhook, command], {
  error: (issue) =>
    issue.code === 'invalid_union' ? 'expected type = "email", "webhook" or "command"' : undefined,
});

export const monitor = table({
  interval: preset(
    interval,
    MONITOR.interval,
    'The time between two rounds. A change counts when two rounds in a row agree on it. A quarter of the usual TTL shows within two rounds what a cache hides.',
  ),
  targets: preset(list(target, 'a list of targets'), [], 'Services that are checked.', [
    'smtp://mx2.example.org:25',
    'https://example.net',
  ]),
  mx: preset(
    list(mailDomain, 'a list of mail domains'),
    [],
    'Mail domains: all their MX hosts are checked.',
    ['example.org'],
  ),
  xmpp: preset(
    list(xmppDomain, 'a list of XMPP domains'),
    [],
    'XMPP domains: all hosts that their SRV records name are checked.',
    ['example.org'],
  ),
  configured: preset(
    flag,
    MONITOR.configured,
    'Whether the services of the certificates are checked, too.',
  ),
  silence: preset(
    list(word(Object.keys(RULES) as readonly RuleName[]), 'a list of rules'),
    [],
    'Rules whose findings are left out.',
    ['no-reserve'],
  ),
  repeat: preset(
    repeat,
    MONITOR.repeat,
    'Handshakes with each address in each round. More than one finds what is presented only sometimes.',
  ),
  remind: preset(
    duration,
    MONITOR.remind,
    'After this time a CRITICAL that lasts is reported again; "0": never. A day is short enough for mail that waits: servers give up after four or five days.',
  ),
  notify: preset(
    list(notify, 'a list of tables like { type = "email", … }'),
    [],
    'Who gets the messages.',
    [
      {
        type: 'email',
        smtp: 'mail.example.org:587',
        from: 'holger@example.org',
        to: ['postmaster@example.org'],
        username: 'holger',
        password: { file: '/etc/holger/smtp.password' },
      },
      {
        type: 'webhook',
        url: 'https://alerts.example.org/holger',
        bearer: { credential: 'alerts-token' },
      },
      { type: 'command', command: ['/usr/local/sbin/page-operator'] },
    ],
  ),
}).transform(({ targets, mx, xmpp, ...rest }) => ({
  ...rest,
  targets: [...targets, ...mx, ...xmpp],
}));
